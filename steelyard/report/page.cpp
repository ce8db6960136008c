// SPDX-License-Identifier: Apache-2.0
// The skeleton of the HTML report and its style sheet. Colours are those of Okabe and Ito, which
// stay apart for colour-blind readers; shapes and dashes say the same once more.
#include "steelyard/report/page.h"

namespace steelyard {

const char* const kPage = R"page(<!DOCTYPE html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{title}}</title>
<style>
{{{style}}}</style>
</head>
<body>
<a class="skip" href="#report">{{skip}}</a>
<header>
<h1>{{title}}</h1>
<p class="subtitle">{{subtitle}}</p>
</header>
{{#has_contents}}
<nav aria-label="{{contents_title}}">
<ol>
{{#contents}}
<li><a href="#{{id}}">{{title}}</a></li>
{{/contents}}
</ol>
</nav>
{{/has_contents}}
<main id="report">
{{#sections}}
<section id="{{id}}" class="{{kind}}">
{{{heading}}}
{{{body}}}</section>
{{/sections}}
</main>
<footer>
<p>{{footer}}</p>
</footer>
<script>
for (const svg of document.querySelectorAll('figure svg')) {
  let zoom = 1;
  const buttons = document.createElement('p');
  buttons.className = 'zoom';
  for (const [sign, label, by] of [['+', '{{zoom_in}}', 1.5], ['−', '{{zoom_out}}', 1 / 1.5]]) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = sign;
    button.setAttribute('aria-label', label + ': ' + svg.querySelector('title').textContent);
    button.onclick = () => {
      zoom = Math.min(8, Math.max(1, zoom * by));
      svg.style.maxWidth = zoom > 1 ? 'none' : '';
      svg.style.width = zoom > 1 ? 100 * zoom + '%' : '';
    };
    buttons.append(button);
  }
  svg.parentElement.before(buttons);
}
</script>
</body>
</html>
)page";

const char* const kStyle = R"style(:root {
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --wash: #f6f8fa;
  --strong: #0b3d63; --warn: #8a4b00; --bad: #a4262c; --bad-wash: #fdf3f2; --warn-wash: #fff8ec;
  --c0: #0072b2; --c1: #c24e00; --c2: #007a5a; --c3: #a8518a; --c4: #8a6d00; --c5: #3f3f9f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e6edf3; --soft: #a3adb8; --line: #39424d; --wash: #1c2229;
    --strong: #9ecbff; --warn: #f0b35a; --bad: #ff9a93; --bad-wash: #2a1d1e; --warn-wash: #272114;
    --c0: #56b4e9; --c1: #f08a4b; --c2: #3fc79a; --c3: #e096c8; --c4: #e5c64a; --c5: #a5a5ff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 86rem; background: var(--paper);
  color: var(--ink); line-height: 1.65; word-break: keep-all; overflow-wrap: anywhere;
  font-family: "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic", system-ui, sans-serif;
}
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .25rem; color: var(--strong); }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.75rem 0 .75rem; padding-bottom: .3rem;
  border-bottom: 2px solid var(--strong); color: var(--strong); }
h3 { font-size: 1.08rem; margin: 1.6rem 0 .4rem; }
h4 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
p, ul, figcaption { margin: .5rem 0; max-width: 72rem; }
ul { padding-left: 1.2rem; }
li { margin: .3rem 0; }
a { color: var(--c0); }
.subtitle, figcaption, .desc, footer { color: var(--soft); }
.subtitle { margin: 0; }
.skip { position: absolute; left: -999px; }
.skip:focus { position: static; }
nav { margin: 1.25rem 0 0; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0; padding: .6rem 0;
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-size: .92rem; }
nav li { margin: 0; }
.answer ul { list-style: none; padding: 0; counter-reset: answer; }
.answer ul li { counter-increment: answer; display: flex; gap: .8rem; margin: .6rem 0; padding: .8rem 1rem;
  background: var(--wash); border-left: 4px solid var(--c0); font-size: 1.07rem; }
.answer ul li::before { content: counter(answer); font-weight: 700; color: var(--strong); }
.answer > p { color: var(--soft); }
.scroll { position: relative; overflow-x: auto; margin: .8rem 0 1.4rem; border: 1px solid var(--line); border-radius: 6px; }
.scroll:focus-visible { outline: 3px solid var(--c0); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.45; }
caption { text-align: left; font-weight: 700; padding: .6rem .75rem; }
th, td { padding: .5rem .75rem; border-top: 1px solid var(--line); vertical-align: top; text-align: left; }
thead .badge { margin-top: .25rem; }
thead th { background: var(--wash); min-width: 8.25rem; vertical-align: bottom; overflow-wrap: break-word; }
tbody th { font-weight: 600; min-width: 9rem; background: var(--wash); }
.numeric td { text-align: right; font-variant-numeric: tabular-nums; }
.numeric thead th:not(:first-child) { text-align: right; }
.numeric .note, .numeric thead th.note { text-align: left; min-width: 15rem; color: var(--soft); font-size: .95em; }
.small { display: block; overflow-wrap: break-word; font-size: .89em; font-weight: 400; color: var(--soft); }
td b { font-weight: 600; white-space: nowrap; }
.text td b { font-weight: 400; white-space: normal; }
.badge { display: inline-block; font-size: .87em; font-weight: 600; padding: .05rem .45rem; border-radius: 999px;
  border: 1px solid currentColor; white-space: nowrap; }
thead .badge { white-space: normal; }
.measured .badge, .badge.measured { color: var(--c2); }
.badge.expected { color: var(--warn); border-style: dashed; }
.badge.imported, .badge.entered { color: var(--c3); border-style: double; border-width: 3px; }
td.expected { background: var(--warn-wash); }
td.missing, .badge.missing, .not_run { color: var(--bad); }
td.missing { background: repeating-linear-gradient(135deg, transparent 0 7px, var(--bad-wash) 7px 14px); }
.mark { font-style: normal; font-weight: 400; margin-right: .3em; font-size: .85em; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: .4rem .8rem; list-style: none; padding: 0; font-size: .9rem; }
.lead { margin: 1.4rem 0 .2rem; }
.keys { margin: .6rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .9rem; }
figure { margin: 1rem 0 2rem; }
figure .scroll { margin: .4rem 0; background: var(--paper); }
figcaption { font-size: .9rem; }
figure h3 { padding-right: 5.2rem; }
.zoom { float: right; margin: -2.2rem 0 0; }
.zoom button { min-width: 2rem; min-height: 2rem; margin-left: .3rem; font: inherit; color: var(--ink); background: var(--wash);
  border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
svg { display: block; width: 100%; min-width: 40rem; max-width: 60rem; margin: 0 auto; height: auto; font-family: inherit; }
svg text { fill: var(--ink); font-size: 13px; }
svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
svg .tick { fill: var(--soft); font-size: 12px; }
svg .grid { stroke: var(--line); stroke-width: 1; } svg .fine { stroke-width: .5; }
svg .axis { stroke: var(--soft); stroke-width: 1.2; }
svg .naive { stroke: var(--ink); stroke-width: 1.6; stroke-dasharray: 6 4; }
svg .front { fill: none; stroke: var(--soft); stroke-width: 1.4; stroke-dasharray: 2 4; }
svg .curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
svg .bound { stroke-width: 2.2; }
svg .hollow { fill: var(--paper); stroke-width: 2; }
svg .s0 { stroke: var(--c0); } svg .s1 { stroke: var(--c1); } svg .s2 { stroke: var(--c2); }
svg .s3 { stroke: var(--c3); } svg .s4 { stroke: var(--c4); } svg .s5 { stroke: var(--c5); }
svg .f0 { fill: var(--c0); } svg .f1 { fill: var(--c1); } svg .f2 { fill: var(--c2); }
svg .f3 { fill: var(--c3); } svg .f4 { fill: var(--c4); } svg .f5 { fill: var(--c5); }
svg .segment { stroke: var(--paper); stroke-width: 1.5; } svg .inside { fill: var(--paper); font-weight: 700; }
svg .phase { fill: var(--wash); } svg .limit { stroke: var(--bad); stroke-width: 1.6; stroke-dasharray: 10 4; }
svg .rest { fill: var(--soft); fill-opacity: .55; }
svg .bar { fill-opacity: .85; } svg .bar.hollow { fill-opacity: 1; }
details { margin: .4rem 0; }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
pre { overflow-x: auto; background: var(--wash); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem;
  font-size: .88rem; line-height: 1.5; white-space: pre-wrap; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); font-size: .88rem; }
@media (max-width: 46rem) {
  body { padding: 1.2rem .9rem 3rem; }
  h1 { font-size: 1.4rem; }
  th, td { padding: .4rem .55rem; }
  .numeric tbody th, .numeric thead th:first-child { position: sticky; left: 0; min-width: 6.5rem; max-width: 7.5rem; }
}
@page { margin: 14mm 12mm; }
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #333; --line: #999; --wash: #f2f2f2; --strong: #000; --warn: #5a3200;
    --bad: #7a1a1f; --bad-wash: #eee; --warn-wash: #fafafa;
    --c0: #0072b2; --c1: #c24e00; --c2: #007a5a; --c3: #a8518a; --c4: #8a6d00; --c5: #3f3f9f; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  nav, .skip, .zoom { display: none; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 7.6pt; }
  thead th, tbody th, .numeric .note, .numeric thead th.note { min-width: 0; }
  th, td { padding: .25rem .35rem; }
  svg { min-width: 0; width: 100% !important; max-width: 60rem !important; }
  figure h3 { padding-right: 0; }
  figure, tr, .answer li { break-inside: avoid; }
  h2, h3, h4, .lead { break-after: avoid; }
}
)style";

}  // namespace steelyard
