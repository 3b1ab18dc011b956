// What the Node.js peers share: a plain HTTP server that stays out of the way, and reading what an author posts.
import { createServer } from 'node:http';

/** Listens on the port given as the first argument. `handle(request, response)` gets everything. */
export function serve(handle) {
  const server = createServer(handle);
  // Authors' connections stay, as with every other server that is compared.
  server.keepAliveTimeout = 75_000;
  server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
  process.on('SIGTERM', () => process.exit(0));
  return server;
}

/** The name at the end of `/publish/<name>` or `/stream/<name>`. */
export function channelOf(request) {
  return request.url.slice(request.url.lastIndexOf('/') + 1);
}

/** Answers a post and passes its entry on. */
export function take(request, response, publish) {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    publish(channelOf(request), JSON.parse(Buffer.concat(parts).toString()));
    response.writeHead(202, { 'Content-Length': 0 });
    response.end();
  });
}
