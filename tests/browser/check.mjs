// SPDX-License-Identifier: Apache-2.0
// Opens reports in headless Chromium as readers do: two widths, light, dark, printed, scripts off.
// Usage: node check.mjs SCREENSHOTS FILE.html... ; exit code 1 when anything is wrong.
import { readFileSync, mkdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [folder, ...files] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wrong = [];
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

// What is wider than the window, or drawn outside its drawing.
function cut() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`page is ${root.scrollWidth} px wide in ${root.clientWidth}`);
  for (const text of document.querySelectorAll('svg text')) {
    const svg = text.ownerSVGElement, box = text.getBBox(), view = svg.viewBox.baseVal;
    if (box.width === 0) continue;
    if (box.x < view.x - 1 || box.x + box.width > view.x + view.width + 1 ||
        box.y < view.y - 1 || box.y + box.height > view.y + view.height + 1)
      found.push(`chart text outside its drawing: "${text.textContent}" in ${svg.querySelector('title')?.textContent}`);
  }
  for (const cell of document.querySelectorAll('td, th, p, li, h1, h2, h3'))
    if (cell.scrollWidth > cell.clientWidth + 1 && getComputedStyle(cell).overflowX === 'hidden')
      found.push(`text cut: ${cell.textContent.slice(0, 60)}`);
  return found;
}

async function open(file, options, name) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);  // on a machine that does other things too
  page.on('console', (m) => { if (m.type() === 'error') wrong.push(`${name}: console: ${m.text()}`); });
  page.on('pageerror', (e) => wrong.push(`${name}: ${e.message}`));
  page.on('request', (r) => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) wrong.push(`${name}: request ${r.url()}`); });
  await page.goto(`file://${resolve(file)}`);
  return { context, page };
}

for (const file of files) {
  const stem = basename(file, '.html');
  for (const width of [390, 1440]) {
    for (const colorScheme of ['light', 'dark']) {
      for (const javaScriptEnabled of [true, false]) {
        const name = `${stem}-${width}-${colorScheme}${javaScriptEnabled ? '' : '-noscript'}`;
        const { context, page } = await open(file, { viewport: { width, height: 900 }, colorScheme, javaScriptEnabled }, name);
        for (const what of await page.evaluate(cut)) wrong.push(`${name}: ${what}`);
        if (javaScriptEnabled) {
          await page.addScriptTag({ content: axe });
          const result = await page.evaluate(() => globalThis.axe.run());
          for (const v of result.violations)
            if (['serious', 'critical'].includes(v.impact))
              wrong.push(`${name}: axe ${v.id}: ${v.nodes.length} x ${v.help} (${v.nodes[0].target})`);
          await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
        }
        await context.close();
      }
    }
  }
  const { context, page } = await open(file, { viewport: { width: 1440, height: 900 } }, `${stem}-keyboard`);
  const wanted = await page.evaluate(() =>
    [...document.querySelectorAll('a[href], summary, [tabindex="0"], button, input')].filter((e) => e.checkVisibility()).length);
  const reached = new Set();
  for (let i = 0; i < wanted + 5; ++i) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      return all.indexOf(document.activeElement);
    }));
  }
  reached.delete(-1);
  const zoomed = await page.evaluate(() => {
    const figure = document.querySelector('figure'), svg = figure?.querySelector('svg');
    if (!svg) return true;
    const before = svg.clientWidth;
    figure.querySelector('.zoom button').click();
    return svg.clientWidth > before && document.documentElement.scrollWidth <= document.documentElement.clientWidth;
  });
  if (!zoomed) wrong.push(`${stem}: the chart does not grow, or the page grows with it`);
  if (reached.size < wanted) wrong.push(`${stem}: the keyboard reaches ${reached.size} of ${wanted}`);
  await page.emulateMedia({ media: 'print' });
  await page.pdf({ path: `${folder}/${stem}.pdf`, format: 'A4' });
  await page.setViewportSize({ width: 794, height: 1123 });
  for (const what of await page.evaluate(cut)) wrong.push(`${stem}-print: ${what}`);
  await page.screenshot({ path: `${folder}/${stem}-print.png`, fullPage: true });
  await context.close();
}
await browser.close();
for (const line of [...new Set(wrong)]) console.error(line);
console.log(`${files.length} reports, ${wrong.length} faults`);
process.exit(wrong.length === 0 ? 0 : 1);
