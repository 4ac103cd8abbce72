// SPDX-License-Identifier: Apache-2.0
// The status page's style, script and drawing. They stand in the page itself, so that it is one request.
#pragma once

#include <string_view>

namespace linnet::apps {

inline constexpr std::string_view status_page_style = R"css(
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#1d2430;--soft:#667085;--line:#e4e7ec;--accent:#b4413c;
--good:#1f7a4d;--good-bg:#e3f4ea;--warn:#8a5a00;--warn-bg:#fdf0d5;--bad:#a02622;--bad-bg:#fbe4e2}
@media(prefers-color-scheme:dark){:root{--ground:#12151b;--card:#1b2029;--ink:#e6e9ef;--soft:#97a1b3;--line:#2b323e;
--accent:#ec7d76;--good:#7fd6a6;--good-bg:#173527;--warn:#f0c36d;--warn-bg:#3a2d12;--bad:#f29a94;--bad-bg:#42201e}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 20px}
header{display:flex;align-items:center;gap:16px;padding-top:26px;padding-bottom:18px}
header svg{width:52px;height:52px;flex:none}
.title{flex:1;min-width:0}
h1{margin:0;font-size:26px;line-height:1.2;overflow-wrap:anywhere}
.title p{margin:2px 0 0;color:var(--soft)}
.live{display:flex;align-items:center;gap:8px;margin:0;color:var(--soft);font-size:13px}
.dot{width:9px;height:9px;border-radius:50%;background:var(--soft)}
.live.on .dot{background:var(--good);animation:pulse 2s infinite}
.live.off .dot{background:var(--bad)}
@keyframes pulse{50%{opacity:.35}}
@media(prefers-reduced-motion:reduce){.live.on .dot{animation:none}}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin-bottom:18px}
.tile,section{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:11px 14px}
.label{color:var(--soft);font-size:12.5px}
.value{font-size:18px;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.sections{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
section:first-child,section:last-child{grid-column:1/-1}
section{padding:13px 0 6px;min-width:0}
section[hidden]{display:none}
h2{margin:0 16px 7px;font-size:15px}
.scroll{overflow-x:auto;padding:0 16px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:500;text-align:left;font-size:12.5px}
th,td{padding:5px 14px 5px 0;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right}
.empty{color:var(--soft)}
.state{border-radius:5px;padding:1px 7px;font-size:12.5px;background:var(--line)}
.ESTABLISHED,.LISTEN,.up,.usable,.reachable{background:var(--good-bg);color:var(--good)}
.probing,.probe,.incomplete,.stale{background:var(--warn-bg);color:var(--warn)}
.down,.failed,.conflict{background:var(--bad-bg);color:var(--bad)}
footer{color:var(--soft);font-size:13px;padding-top:18px;padding-bottom:30px}
a{color:var(--accent)}
@media(max-width:860px){.sections{grid-template-columns:minmax(0,1fr)}}
@media(max-width:520px){header{flex-wrap:wrap}.live{width:100%}header,main,footer{padding-left:12px;padding-right:12px}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}}
)css";

inline constexpr std::string_view status_page_script = R"js(
'use strict';
function size(n) {
  if (n < 1024) return n + ' B';
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let unit = 0;
  for (n /= 1024; n >= 1024 && unit + 1 < units.length; ++unit) n /= 1024;
  return n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0) + ' ' + units[unit];
}
function duration(s) {
  const d = Math.trunc(s / 86400), h = Math.trunc(s / 3600) % 24, m = Math.trunc(s / 60) % 60;
  return s < 60 ? s + ' s' : s < 3600 ? m + ' min ' + s % 60 + ' s' : s < 86400 ? h + ' h ' + m + ' min' : d + ' d ' + h + ' h';
}
function shown(value, format) {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) {
    if (format === 'length') return String(value.length);
    return value.map(item => shown(item, format)).join(', ') || '–';
  }
  if (typeof value !== 'number') return String(value);
  if (format === 'bytes') return size(value);
  if (format === 'us') return value === 0 ? '–' : (value / 1000).toFixed(3) + ' ms';
  if (format === 's') return duration(value);
  if (format === 'ago') return duration(value) + ' ago';
  return String(value);
}
function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
function fill(table, rows) {
  const columns = [...table.tHead.rows[0].cells];
  const body = document.createElement('tbody');
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) {
      const format = column.dataset.format, text = shown(row[column.dataset.key], format);
      const cell = line.insertCell();
      if (format === 'state') cell.append(element('span', 'state ' + text, text));
      else cell.textContent = text;
      cell.className = column.className;
    }
  }
  if (rows.length === 0) {
    const cell = body.insertRow().insertCell();
    cell.className = 'empty';
    cell.colSpan = columns.length;
    cell.textContent = table.dataset.empty;
  }
  table.tBodies[0].replaceWith(body);
  table.closest('section').hidden = rows.length === 0 && table.dataset.empty === '';
}
function live(on, text) {
  const node = document.querySelector('[data-live]');
  node.className = 'live ' + (on ? 'on' : 'off');
  document.querySelector('[data-live-text]').textContent = text;
}
async function refresh() {
  try {
    const answer = await fetch('/status.json', {cache: 'no-store', signal: AbortSignal.timeout(5000)});
    if (!answer.ok) throw new Error('status ' + answer.status);
    const report = await answer.json();
    for (const table of document.querySelectorAll('[data-rows]')) fill(table, report[table.dataset.rows]);
    for (const node of document.querySelectorAll('[data-path]')) {
      const value = node.dataset.path.split('/').slice(1).reduce((at, key) => at ? at[key] : undefined, report);
      node.textContent = shown(value, node.dataset.format);
    }
    const address = report.addresses.find(row => row.interface !== 'lo');
    document.querySelector('[data-address]').textContent = address ? address.address : 'no address yet';
    live(true, 'live');
  } catch (problem) {
    live(false, 'no answer; trying again');
  }
  setTimeout(refresh, 1000);
}
setTimeout(refresh, 1000);
)js";

// A small bird, since linnets are.
inline constexpr std::string_view status_page_icon =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" aria-hidden="true"><path fill="#8a6a4f" d="M50 22c3-9-4-16-12-15-6 1-9 5-11 11C24 27 15 33 5 37c7 2 12 2 17 1-3 4-8 8-13 11 10 1 21-1 29-8 8-6 11-12 12-19z"/><path fill="#c8514b" d="M50 22c-1 8-5 15-13 20-5-3-8-9-7-15 1-5 6-6 10-5 4 1 7 1 10 0z"/><path fill="#5b4636" d="M21 31c6-2 10 1 11 7-6 5-13 8-20 9 5-4 8-9 9-16z"/><path fill="#c8514b" d="M35 8c4-2 9-1 12 2-3 2-9 2-12-2z"/><path fill="#e8b04b" d="M50 15l8 3-8 3z"/><circle cx="44" cy="15" r="2" fill="#14181f"/><path stroke="#6b5342" stroke-width="2" stroke-linecap="round" d="M34 44l1 9m5-12l3 9M31 55h17" fill="none"/></svg>)svg";

}  // namespace linnet::apps
