// The origin behind Pushpin: lets everybody in and has the stream held open (GRIP).
import { channelOf, serve } from './http.mjs';

serve((request, response) => {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Content-Length': 0,
    'Grip-Hold': 'stream',
    'Grip-Channel': channelOf(request),
    'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=15',
  });
  response.end();
});
