// RudderStack's transformation for TikTok Ads over the Purchases in a file, one of its track events in JSON a line.
//
// Arguments: the file, and a checkout of github.com/rudderlabs/rudder-transformer with its packages and tsx. Each
// line on standard input, the numbers of its first event and of the one behind its last, runs one round; the round's
// CPU seconds are printed as one line of JSON: `transform` is what its server does with a batch of events (mapping,
// validation, hashes, batches). It parses the lines and dumps the requests. Nothing is sent.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const Module = require("node:module");

const [file, checkout] = process.argv.slice(2);
// User-written transformations run in it, and no destination does; its compiled part needs other machines' tools.
const load = Module._load;
Module._load = (request, ...rest) => (request === "isolated-vm" ? {} : load(request, ...rest));
const theirs = Module.createRequire(path.join(checkout, "package.json"));
theirs("tsx/cjs");
const { processRouterDest } = theirs("./src/v0/destinations/tiktok_ads/transform");

const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
const destination = {
  Config: {
    accessToken: "unused",
    pixelCode: "D179S7RC77UA68QT5U1G",
    hashUserProperties: true,
    version: "v2",
    eventsToStandard: [],
    sendCustomEvents: false,
  },
};

async function transform(given) {
  const inputs = given.map((line, number) => ({
    message: JSON.parse(line),
    destination,
    metadata: { jobId: number },
  }));
  return JSON.stringify(await processRouterDest(inputs, {}));
}

(async () => {
  for (let first = 0; first < lines.length; first += 1000) await transform(lines.slice(first, first + 1000));
  const [{ batchedRequest }] = JSON.parse(await transform(lines.slice(0, 1)));
  console.log(JSON.stringify(batchedRequest.body.JSON));
  for await (const round of readline.createInterface({ input: process.stdin })) {
    const [first, end] = round.split(" ").map(Number);
    const started = process.cpuUsage();
    await transform(lines.slice(first, end));
    const { user, system } = process.cpuUsage(started);
    console.log(JSON.stringify({ transform: (user + system) / 1e6 }));
  }
})();
