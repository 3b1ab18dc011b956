// socket.io, as it is compared with: WebSockets only, a room per channel, its defaults otherwise (no compression).
import { Server } from 'socket.io';
import { serve, take } from './http.mjs';

const http = serve((request, response) => {
  take(request, response, (channel, entry) => io.to(channel).emit('message.created', entry));
});
const io = new Server(http, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => socket.join(socket.handshake.query.channel));
