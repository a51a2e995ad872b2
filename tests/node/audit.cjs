// The public audit of GraphQL over HTTP, against the address given; prints one JSON object for each audit.
// CommonJS, because only `require` finds packages by NODE_PATH: they are installed apart from this file.
const { serverAudits } = require("graphql-http");

async function main(url) {
  for (const audit of serverAudits({ url })) {
    const result = await audit.fn();
    const body = result.response && !result.response.bodyUsed ? await result.response.text() : undefined;
    console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason, body }));
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
