// `solcjs --version` and `solcjs --standard-json`, the two things that py-solc-x asks for.
// npm's own command can't be used: it fails on a pipe that is still empty (EAGAIN), and prints a
// line of its own before the JSON.
"use strict";

const solc = require("solc");

async function main() {
  if (process.argv.includes("--version")) {
    process.stdout.write(`Version: ${solc.version()}\n`);
    return;
  }
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  process.stdout.write(solc.compile(Buffer.concat(chunks).toString("utf8")));
}

main();
