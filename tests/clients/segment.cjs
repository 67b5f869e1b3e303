// Prints the requests that Segment's TikTok destinations make of the events on standard input.
//
// Each line in is {destination, action, payload, settings}, each line out {url, json}: the request as Segment's own
// code builds it, hashing included. Nothing is sent from here.
"use strict";

const readline = require("node:readline");

async function buildRequest({ destination, action, payload, settings }) {
  const module = require(`@segment/action-destinations/dist/destinations/${destination}`);
  const requests = [];
  const request = (url, options) => requests.push({ url, json: options.json });
  await module.default.actions[action].perform(request, { payload, settings });
  if (requests.length !== 1) throw new Error(`${destination} made ${requests.length} requests`);
  return requests[0];
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await buildRequest(JSON.parse(line)))}\n`);
  }
})();
