// PostGraphile over the bench's database, as its manual says to run it in production. No record rights: whoever asks sees all.
// Arguments: the folder of PostgreSQL's socket, the size of the pool. Prints its address when it serves.
import { createServer } from "node:http";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import { pgSmartTags } from "postgraphile/utils";

const [host, connections] = process.argv.slice(2);

// A share names records of any kind, so the table has no foreign key; here it hangs on parties, which is what is asked for.
const SharesOfParties = pgSmartTags([
  {
    kind: "class",
    match: ({ relname }) => relname === "share",
    tags: { foreignKey: "(record_id) references party (id)" },
  },
]);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  plugins: [SharesOfParties],
  // Orders and conditions are also wanted on columns that are not the first of an index.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      schemas: ["public"],
      pubsub: false,
      poolConfig: { host, user: "crm", database: "crm", max: Number(connections) },
    }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
});

const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await instance.createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
