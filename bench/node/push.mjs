// graphql-ws over ws, as their manuals say: one schema, one source for each subscription, everything in memory, no rights.
// Arguments: the path of the control socket. Prints its address when it serves.
// Control: a line of JSON each, {topic, to, value}: publish `value` to everybody, or to the user whose token is `to`;
// {gc: true} collects garbage and answers with a line.
import { createServer } from "node:http";
import { createServer as createControl } from "node:net";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const [control] = process.argv.slice(2);

const schema = buildSchema(`
  type Query { me: User }
  type Subscription {
    announcements(after: String): AnnouncementNews!
    incomingCalls(after: String): IncomingCall!
  }
  type AnnouncementNews { cursor: String! announcement: Announcement! }
  type Announcement { id: ID! title: String! body: String! publishedAt: String mustConfirm: Boolean! }
  type IncomingCall { cursor: String! expiresAt: String! call: Call! }
  type Call {
    id: ID! state: String! direction: String! number: Number line: String ringingAt: String! answeredAt: String endedAt: String
    candidates: [User!]! claimedBy: User matches: [Match!]!
  }
  type Number { e164: String raw: String! display: String! }
  type User { id: ID! username: String! displayName: String }
  type Match { score: Int! reason: String! restricted: Boolean! owner: User party: Named contact: Named }
  type Named { id: ID! name: String! }
`);

// What has been subscribed to: topic, then user, then sources.
const topics = { announcements: new Map(), incomingCalls: new Map() };

class Source {
  queue = [];
  waiting = null;
  ended = false;
  constructor(users, user) {
    this.users = users;
    this.user = user;
    if (!users.has(user)) users.set(user, new Set());
    users.get(user).add(this);
  }
  push(value) {
    if (this.waiting) {
      const resolve = this.waiting;
      this.waiting = null;
      resolve({ value, done: false });
    } else this.queue.push(value);
  }
  next() {
    if (this.queue.length) return Promise.resolve({ value: this.queue.shift(), done: false });
    if (this.ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => (this.waiting = resolve));
  }
  return() {
    this.ended = true;
    const sources = this.users.get(this.user);
    sources.delete(this);
    if (!sources.size) this.users.delete(this.user);
    if (this.waiting) this.waiting({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }
  [Symbol.asyncIterator]() {
    return this;
  }
}

for (const [name, users] of Object.entries(topics)) {
  schema.getSubscriptionType().getFields()[name].subscribe = (_, __, context) => new Source(users, context.user);
}

let published = 0;
function publish({ topic, to, value }) {
  const event = { [topic]: { cursor: String(++published).padStart(23, "0"), ...value } };
  const users = topics[topic];
  if (to) for (const source of users.get(to) ?? []) source.push(event);
  else for (const sources of users.values()) for (const source of sources) source.push(event);
}

createControl((connection) => {
  let rest = "";
  connection.setEncoding("utf8");
  connection.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const told = JSON.parse(line);
      if (told.gc) {
        globalThis.gc();
        connection.write("collected\n");
      } else publish(told);
    }
  });
}).listen(control);

const server = createServer((_, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false });
useServer(
  {
    schema,
    onConnect: (context) => {
      context.extra.user = context.connectionParams.authorization.slice("Bearer ".length);
    },
    context: (context) => context.extra,
  },
  sockets,
);
server.listen(0, "127.0.0.1", 4096, () => console.log(`http://127.0.0.1:${server.address().port}`));
