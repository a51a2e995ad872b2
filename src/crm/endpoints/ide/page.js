// The IDE's own part: signing in, and sending what GraphiQL asks with the token. The token lives in this tab only.
const FIRST_QUERY = `# Sign in above, then press the pink button. 先登录，再运行。
{
  me { username displayName }
  customers(first: 5, orderBy: [{ field: UPDATED_AT, direction: DESC }]) {
    totalCount
    nodes {
      name
      owner { displayName }
      contacts(first: 3) { nodes { name phoneNumbers { display } } }
      activities(first: 3) { nodes { kind subject status plannedAt } }
    }
  }
}
`;
const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { token user { displayName } userErrors { message } }
}`;

let token = sessionStorage.getItem("token");

async function send(body, authorised = true) {
  const headers = { "Content-Type": "application/json" };
  if (authorised && token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch("graphql", { method: "POST", headers, body: JSON.stringify(body) });
  return response.json();
}

function show(text) {
  document.getElementById("who").textContent = text;
}

document.getElementById("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = Object.fromEntries(new FormData(event.target));
  const answer = await send({ query: SIGN_IN, variables: { input } }, false);
  const outcome = answer.data?.signIn;
  if (outcome?.token) {
    token = outcome.token;
    sessionStorage.setItem("token", token);
    show(`${outcome.user.displayName} ✓`);
  } else {
    show(outcome?.userErrors[0]?.message ?? answer.errors[0].message);
  }
});

if (token) {
  send({ query: "{ me { displayName } }" }).then((answer) => {
    if (answer.data) return show(`${answer.data.me.displayName} ✓`);
    token = null;
    sessionStorage.removeItem("token");
  });
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher: (body) => send(body), defaultQuery: FIRST_QUERY }),
);
