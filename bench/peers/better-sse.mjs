// better-sse, as it is compared with: a channel per event, as its documentation shows it, its defaults otherwise.
import { createChannel, createSession } from 'better-sse';
import { channelOf, serve, take } from './http.mjs';

const channels = new Map();

function channel(name) {
  let found = channels.get(name);
  if (!found) {
    found = createChannel();
    channels.set(name, found);
  }
  return found;
}

serve(async (request, response) => {
  if (request.method === 'POST') {
    take(request, response, (name, entry) => channel(name).broadcast(entry, 'message.created'));
  } else {
    channel(channelOf(request)).register(await createSession(request, response));
  }
});
