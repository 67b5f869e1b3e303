// Segment's TikTok Conversions action over the Purchases in a file, one Segment event in JSON a line.
//
// Each line on standard input, the numbers of its first event and of the one behind its last, runs one round; the
// round's CPU seconds of each case are printed as one line of JSON:
// `action` is all that Segment does with an event (mapping of its own preset, removal of empty values, validation,
// perform), `perform` is the action's last step alone. Both parse the line and dump the request. Nothing is sent.
"use strict";

const fs = require("node:fs");
const readline = require("node:readline");
const { Destination } = require("@segment/actions-core");
const definition = require("@segment/action-destinations/dist/destinations/tiktok-conversions").default;

const lines = fs.readFileSync(process.argv[2], "utf8").trimEnd().split("\n");
const settings = { accessToken: "unused", pixelCode: "D179S7RC77UA68QT5U1G" };
const { mapping } = definition.presets.find((preset) => preset.subscribe === 'event = "Order Completed"');
const action = new Destination(definition).actions.reportWebEvent;
// Its name is a part of the key under which ajv keeps the compiled schema; the fast-uri that npm installs takes
// no space in it.
action.destinationName = "tiktok-conversions";

let written = "";
let payload = null;
function request(_url, options) {
  written = JSON.stringify(options.json);
  return { status: 200 };
}
action.performRequest = (perform, data) => {
  payload = data.payload;
  return perform(request, data);
};

async function runAction(line) {
  await action.execute({ mapping, data: JSON.parse(line), settings });
}

async function runPerform(line) {
  await definition.actions.reportWebEvent.perform(request, { payload: JSON.parse(line), settings });
}

async function measure(run, given) {
  const started = process.cpuUsage();
  for (const line of given) await run(line);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

(async () => {
  const payloads = [];
  for (const line of lines) {
    await runAction(line);
    payloads.push(JSON.stringify(payload));
  }
  await runAction(lines[0]);
  console.log(written);
  for await (const round of readline.createInterface({ input: process.stdin })) {
    const [first, end] = round.split(" ").map(Number);
    const result = {
      action: await measure(runAction, lines.slice(first, end)),
      perform: await measure(runPerform, payloads.slice(first, end)),
    };
    console.log(JSON.stringify(result));
  }
})();
