// The console's page: views over /api/…, which answer JSON. Everything shown is set as text, never as markup.
const token = new URLSearchParams(location.search).get('token') || '';
const POLL_MS = 1000;
const $ = (id) => document.getElementById(id);

/**
 * Text with every character escaped that is not seen or that turns others around: C0, C1, marks of direction, blanks without
 * width. Lines of a `pre` stay lines.
 */
function visible(text, isPre) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g,
    (character) => isPre && '\n\t'.includes(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Create an element: h('td', {class: 'number'}, 'text', child…). Functions become listeners. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => child instanceof Node ? child : visible(String(child), tag === 'pre')));
  return element;
}

async function call(path, body, method) {
  const options = { headers: { 'X-Console-Token': token } };
  if (body !== undefined || method) {
    options.method = method || 'POST';
    options.headers['Content-Type'] = 'application/json';
    if (body !== undefined) options.body = JSON.stringify(body);
  }
  const response = await fetch(`/api/${path}`, options).catch(() => {
    throw new Error('The console was stopped. Start it again, and open the new address that it prints.');
  });
  const answer = await response.json().catch(() => ({ error: `The console answered ${response.status}.` }));
  if (!response.ok) throw new Error(answer.error || `The console answered ${response.status}.`);
  return answer;
}

function showConnection(text, bad) {
  const place = $('connection');
  place.textContent = text;
  place.classList.toggle('bad', Boolean(bad));
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
const duration = (seconds) => seconds < 10 ? `${seconds.toFixed(1)} s` : seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
const counted = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const words = (state) => state.replaceAll('_', ' ');
const failure = (error) => h('p', { class: 'failure', role: 'alert' }, error.message);
const empty = (text) => h('p', { class: 'empty' }, text);

/** A table. A column of numbers has a heading that begins with #, or with | where the heading stands upright. */
function table(headings, rows) {
  const classes = { '#': 'number', '|': 'number upright' };
  const columns = headings.map((text) => ({ class: classes[text[0]], heading: text.replace(/^[#|]/, '') }));
  const content = (cell) => cell === null || cell === '' ? [] : Array.isArray(cell) ? cell.flat() : cell;
  return h('table', { class: 'data' },
    h('thead', {}, h('tr', {}, columns.map((column) => h('th', { class: column.class }, column.heading)))),
    h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((cell, index) => h('td', { class: columns[index].class, 'data-heading': columns[index].heading || null }, content(cell)))))));
}

function copyable(text, label) {
  const button = h('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${label}`, click: async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } }, 'Copy');
  return h('div', {}, button, h('pre', { 'aria-label': label }, text));
}

/** What came in beside what went out, a line for each field. */
function fields(rows, out) {
  if (!rows.length) return empty('Nothing is known of it.');
  const isSent = rows.some((row) => row.went_out);
  const found = (codes) => codes.map((code) => h('span', { class: 'mono found' }, code));
  return h('div', { class: 'fields' }, table(['field', 'came in', ...(isSent ? [out] : [])], rows.map((row) => [[h('span', { class: 'mono' }, row.field), found(row.codes)], row.came_in, ...(isSent ? [row.went_out] : [])])));
}

function findings(rows) {
  if (!rows.length) return empty('No finding: nothing to improve.');
  return table(['', 'field', 'what to do'], rows.map((row) => [h('span', { class: row.severity }, row.severity), h('span', { class: 'mono' }, row.field || ''), [row.message, ' ', h('span', { class: 'mono dim' }, row.code)]]));
}

// ── Events: one line each, drawn only where they are in sight ──────────────────────────────────────────────

const events = new Map();
let shown = [];
let selected = null;
let searchedDigest = null; // the digest of what is searched for: log lines hold digests of ids only
let sequence = 0;
let stack = null;

function line(event) {
  const last = event.hops.length ? event.hops[event.hops.length - 1].at : event.received_at;
  const took = last - event.received_at;
  return h('div', { class: 'row', role: 'option', id: `row-${event.key}`, 'aria-selected': String(event.key === selected), click: async () => { await select(event.key); $('detail').scrollIntoView({ block: 'nearest' }); } },
    h('time', {}, clock(event.received_at)),
    h('span', { class: `state ${event.state}` }, words(event.state)),
    h('span', {}, event.event || '–'),
    h('span', { class: 'hops', title: event.hops.map((hop) => hop.text).join(' → ') }, event.hops.map((hop) => hop.text).join(' → ') + (took > 0.05 ? ` (${duration(took)})` : '')),
    h('span', { class: 'sender' }, event.sender || ''),
    h('span', {}, event.match_quality === null ? '' : event.match_quality.toFixed(1)));
}

function rowHeight() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) * 2.1;
}

function draw() {
  const list = $('list');
  const height = rowHeight();
  $('list-space').style.height = `${shown.length * height}px`;
  const first = Math.max(0, Math.floor(list.scrollTop / height) - 5);
  const count = Math.ceil(list.clientHeight / height) + 10;
  const rows = $('list-rows');
  rows.style.top = `${first * height}px`;
  rows.replaceChildren(...shown.slice(first, first + count).map(line));
  if (!shown.length) rows.replaceChildren(empty(events.size ? 'No event fits the filters.' : 'No event yet. Send one, for example with `relay send` or the payload helper.'));
}

function filter() {
  const text = $('search').value.trim().toLowerCase();
  const state = $('state-filter').value;
  const sender = $('sender-filter').value;
  shown = [...events.values()].filter((event) => (!state || event.state === state) && (!sender || event.sender === sender)
    && (!text || (searchedDigest && [event.digest, event.order_digest].includes(searchedDigest))
      || [event.event, event.event_id, event.digest, event.order_digest].some((each) => each && each.toLowerCase().includes(text))));
  shown.sort((a, b) => b.received_at - a.received_at || b.order - a.order);
  $('event-count').textContent = shown.length === events.size ? counted(events.size, 'event') : `${shown.length} of ${counted(events.size, 'event')}`;
  draw();
}

async function searchById() {
  const text = $('search').value.trim();
  searchedDigest = null;
  filter();
  if (text.length < 3) return;
  const found = await call(`digest?id=${encodeURIComponent(text)}`);
  if (text !== $('search').value.trim()) return;
  searchedDigest = found.digest;
  filter();
}

async function select(key) {
  selected = key;
  $('list').setAttribute('aria-activedescendant', `row-${key}`);
  draw();
  const place = $('detail');
  try {
    const detail = await call(`events/${encodeURIComponent(key)}`);
    if (selected !== key) return;
    place.replaceChildren(...detailOf(detail));
  } catch (error) {
    place.replaceChildren(failure(error));
  }
}

function detailOf(detail) {
  return [
    h('h2', {}, detail.event || 'Event', ' ', h('span', { class: `state ${detail.state}` }, words(detail.state))),
    h('p', {}, stack.states[detail.state] || ''),
    detail.advice ? h('p', { class: 'warning' }, detail.advice) : null,
    table(['', ''], Object.entries(detail.facts).map(([name, value]) => [name, h('span', { class: 'mono' }, value)])),
    h('h3', {}, 'Hops'),
    h('ol', { class: 'way' }, detail.hops.map((hop) => h('li', {}, h('time', {}, clock(hop.at)), h('span', { class: hop.state }, hop.text), hop.detail ? ` – ${hop.detail}` : ''))),
    h('h3', {}, 'Findings'), findings(detail.findings),
    ...(detail.fields.length ? [
      h('h3', {}, detail.state === 'rejected' ? 'What came in' : 'What came in, and what went out'), fields(detail.fields, 'went out'),
      detail.unknown_fields ? h('p', {}, `And ${counted(detail.unknown_fields, 'field')} that the relay does not know.`) : null,
      detail.cut ? h('p', {}, 'The log line has no room for the other fields.') : null,
      detail.item_is_known || detail.state === 'rejected' ? null : h('p', { class: 'note' }, 'What went out is known of identifiers only: the item itself is never logged.'),
    ] : []),
    h('p', {}, h('a', { href: `/api/events/${encodeURIComponent(detail.key)}?token=${encodeURIComponent(token)}` }, 'JSON')),
  ].filter(Boolean);
}

$('list').addEventListener('scroll', () => requestAnimationFrame(draw));
$('list').addEventListener('keydown', (pressed) => {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  if (!(pressed.key in steps) || !shown.length) return;
  pressed.preventDefault();
  const now = shown.findIndex((event) => event.key === selected);
  const next = Math.min(shown.length - 1, Math.max(0, now < 0 ? 0 : now + steps[pressed.key]));
  const height = rowHeight();
  const list = $('list');
  if (next * height < list.scrollTop) list.scrollTop = next * height;
  if ((next + 1) * height > list.scrollTop + list.clientHeight) list.scrollTop = (next + 1) * height - list.clientHeight;
  select(shown[next].key);
});
let searching = 0;
$('search').addEventListener('input', () => {
  clearTimeout(searching);
  searching = setTimeout(() => searchById().catch((error) => showConnection(error.message, true)), 150);
});
$('state-filter').addEventListener('change', filter);
$('sender-filter').addEventListener('change', filter);
document.querySelector('.filters').addEventListener('submit', (submitted) => submitted.preventDefault());
window.addEventListener('resize', draw);

async function poll() {
  try {
    const answer = await call(`events?since=${sequence}`);
    if (answer.sequence < sequence) events.clear();
    sequence = answer.sequence;
    for (const event of answer.events) events.set(event.key, event);
    if (answer.events.length) {
      const senders = [...new Set([...events.values()].map((event) => event.sender).filter(Boolean))].sort();
      const menu = $('sender-filter');
      for (const sender of senders) if (![...menu.options].some((option) => option.value === sender)) menu.append(h('option', { value: sender }, sender));
      filter();
      if (selected && answer.events.some((event) => event.key === selected)) select(selected);
    }
    showConnection(answer.problem || 'live', answer.problem);
  } catch (error) {
    showConnection(error.message, true);
  }
  setTimeout(poll, POLL_MS);
}

// ── Payload helper ─────────────────────────────────────────────────────────────────────────────────────────

function checked(answer) {
  const parts = [];
  if (answer.ignored) parts.push(h('h2', {}, h('span', { class: 'state ignored' }, 'ignored')), h('p', {}, answer.ignored));
  for (const event of answer.events) {
    parts.push(
      h('h2', {}, event.event || `Event ${event.index}`, ' ', h('span', { class: `state ${event.state}` }, words(event.state))),
      event.match_quality === null ? null : h('p', {}, 'Match quality ', quality(event.match_quality), event.improvements.length ? ` Adding would give: ${event.improvements.map((each) => `${each.key} +${each.gain.toFixed(1)}`).join(', ')}` : ''),
      findings(event.findings),
      fields(event.fields, 'goes out'));
  }
  for (const request of answer.requests) parts.push(h('h3', {}, 'Request to TikTok'), copyable(request, 'request to TikTok'));
  for (const [name, text] of Object.entries(answer.commands)) parts.push(h('h3', {}, name), copyable(text, name));
  return parts.filter(Boolean);
}

$('payload-form').addEventListener('submit', async (submitted) => {
  submitted.preventDefault();
  const place = $('payload-result');
  try {
    place.replaceChildren(...checked(await call('check', { text: $('payload').value, kind: $('payload-kind').value })));
  } catch (error) {
    place.replaceChildren(failure(error));
  }
});
$('payload-send').addEventListener('click', async () => {
  const place = $('payload-result');
  try {
    const answer = await call('send', { text: $('payload').value, kind: $('payload-kind').value });
    place.replaceChildren(h('h2', {}, `The relay answered ${answer.status}`), copyable(JSON.stringify(answer.body, null, 2), 'response'), h('p', {}, h('a', { href: '#events' }, 'See it under Events')));
  } catch (error) {
    place.replaceChildren(failure(error));
  }
});
$('payload-sample').addEventListener('change', async () => {
  if (!$('payload-sample').value) return;
  try {
    const sample = await call(`samples/${encodeURIComponent($('payload-sample').value)}`);
    $('payload').value = sample.text;
    $('payload-kind').value = sample.kind;
  } catch (error) {
    $('payload-result').replaceChildren(failure(error));
  }
});

// ── The other views ────────────────────────────────────────────────────────────────────────────────────────

function quality(value) {
  const bar = h('i');
  bar.style.width = `${value * 10}%`;
  return h('span', { class: 'quality' }, h('span', { class: 'bar', 'aria-hidden': 'true' }, bar), value.toFixed(1));
}

const views = {
  events: async () => draw(),
  payload: async () => {},
  quality: async () => {
    const answer = await call('quality');
    const share = (value) => value === undefined ? '' : Math.round(value * 100);
    $('quality').replaceChildren(h('h2', {}, 'Match quality by event and sender'), h('p', {}, 'Of each match key: the percentage of the events that had it.'), answer.rows.length
      ? table(['event', 'sender', '#events', 'quality', 'what would add most', ...answer.keys.map((key) => `|${key}`)],
        answer.rows.map((row) => [row.event, row.sender, row.events, quality(row.quality), row.gains.map((gain) => `${gain.key} +${gain.gain.toFixed(1)}`).join(', '), ...answer.keys.map((key) => share(row.coverage[key]))]))
      : empty('No event yet.'));
  },
  diagnostics: async () => {
    const answer = await call('diagnostics');
    $('diagnostics').replaceChildren(h('h2', {}, 'What is wrong: errors first, then the most frequent'), answer.rows.length
      ? table(['', 'code', '#events', '#share', 'since', 'last', 'what to do'], answer.rows.map((row) => [h('span', { class: row.severity }, row.severity), h('span', { class: 'mono' }, row.code), row.events, `${(row.share * 100).toFixed(row.share < 0.1 ? 1 : 0)} %`, clock(row.first_at), clock(row.last_at), row.action]))
      : empty('Nothing to report.'));
  },
  'dead-letters': async () => {
    const place = $('dead-letters');
    if (!place.hasChildNodes()) place.replaceChildren(empty('Reading the dead-letter queue…'));
    const answer = await call('dead-letters');
    const replay = (ids, label) => h('button', { type: 'button', click: async (clicked) => {
      clicked.target.disabled = true;
      try {
        const done = await call('dead-letters/replay', { ids });
        showConnection(`${done.replayed} of ${done.requested} sent again`);
        await views['dead-letters']();
      } catch (error) {
        place.prepend(failure(error));
      }
    } }, label);
    const heading = h('h2', {}, answer.not_read ? `Dead letters: ${answer.rows.length} of about ${answer.rows.length + answer.not_read}` : 'Dead letters');
    place.replaceChildren(heading, answer.rows.length
      ? h('div', {}, replay(answer.rows.map((row) => row.id), `Send all ${answer.rows.length} again`),
        table(['received', 'event', 'event id', 'reason', "TikTok's code", "TikTok's message", ''], answer.rows.map((row) => [clock(row.received_at), row.event, h('span', { class: 'mono' }, row.event_id), row.reason, row.code, row.message, replay([row.id], 'Send again')])))
      : empty(answer.not_read ? 'Another command is reading them.' : 'No dead letters: every accepted event was delivered, or is on its way.'));
  },
  timings: async () => {
    const answer = await call('timings');
    $('timings-table').replaceChildren(answer.times.length ? table(['', '#p50', '#p95', '#max'], answer.rows.map((row) => [row.name, row.p50.toFixed(2), row.p95.toFixed(2), row.max.toFixed(2)])) : empty('No event yet.'));
    if (!answer.times.length) return;
    plot('throughput-plot', answer.times, [['accepted', '--link', answer.accepted], ['delivered', '--good', answer.delivered], ['rejected', '--bad', answer.rejected]]);
    plot('latency-plot', answer.times, [['p50', '--good', answer.p50], ['p95', '--warn', answer.p95]]);
  },
  faults: async () => {
    const answer = await call('faults');
    const act = (action) => async () => {
      try {
        await action();
        await views.faults();
      } catch (error) {
        $('faults').prepend(failure(error));
      }
    };
    $('faults').replaceChildren(
      h('h2', {}, 'Let the TikTok simulator fail'),
      h('div', { class: 'buttons' }, answer.kinds.map((kind) => h('button', { type: 'button', title: kind.title, click: act(() => call('faults', kind.fault)) }, kind.name)), h('button', { type: 'button', click: act(() => call('faults', undefined, 'DELETE')) }, 'Remove all')),
      answer.faults.length ? table(['#id', 'kind', '#seen', '#struck', 'options'], answer.faults.map((fault) => [fault.id, fault.kind, fault.seen, fault.struck, h('span', { class: 'mono' }, JSON.stringify(fault.options))])) : empty('The simulator answers as TikTok would.'));
  },
};

const plots = new Map();
function plot(id, times, series) {
  plots.get(id)?.destroy();
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => { const probe = h('span'); probe.style.color = `var(${name})`; document.body.append(probe); const found = getComputedStyle(probe).color; probe.remove(); return found; };
  const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') }, font: `12px ${style.fontFamily}` };
  plots.set(id, new uPlot({ width: Math.min(1100, $(id).clientWidth || 900), height: 240, axes: [axis, axis], series: [{}, ...series.map(([label, name]) => ({ label, stroke: colour(name), width: 2, spanGaps: false, points: { show: times.length < 60 } }))] }, [times, ...series.map(([, , values]) => values)], $(id)));
}

async function route() {
  const name = location.hash.slice(1) in views ? location.hash.slice(1) : 'events';
  for (const view of document.querySelectorAll('.view')) view.hidden = view.id !== `view-${name}`;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  try {
    await views[name]();
  } catch (error) {
    const place = document.querySelector(`#view-${name} > div`) || $('detail');
    place.replaceChildren(failure(error));
  }
}

async function start() {
  window.addEventListener('hashchange', route);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', route);
  $('detail').replaceChildren(empty('Select an event to see where it is, what came in and what went out.'));
  for (const link of document.querySelectorAll('a.json')) link.href = `/api/${link.dataset.json}?token=${encodeURIComponent(token)}`;
  try {
    stack = await call('stack');
  } catch (error) {
    showConnection(error.message, true);
    return;
  }
  $('stack-name').textContent = stack.where;
  $('banner').textContent = stack.banner;
  document.title = `Relay console: ${stack.where}`;
  for (const state of Object.keys(stack.states)) $('state-filter').append(h('option', { value: state }, words(state)));
  for (const [value, text] of Object.entries(stack.kinds)) $('payload-kind').append(h('option', { value }, text));
  for (const sample of stack.samples) $('payload-sample').append(h('option', { value: sample }, sample));
  $('payload-send').hidden = !stack.local;
  $('faults-link').hidden = !stack.simulator;
  await poll();
  await route();
  setInterval(() => { if (['quality', 'diagnostics', 'timings'].includes(location.hash.slice(1))) route(); }, 5000);
}

start();
