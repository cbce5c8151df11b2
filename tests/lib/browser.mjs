// Chromium for tests: no network of its own, and no limit of time but that of the test file (tests/lib/Wait.pm).
//   const browser = await launch();
//   const page = await open_page(browser, { viewport, colorScheme, javaScriptEnabled });
//   complaints.push(...await axe_findings(page));
//   const read = axe_reader(browser);                      // the same for many pages, at half the CPU
//   complaints.push(...await read(page, { width, height, colorScheme }));
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const limit_ms = 1000 * Number(process.env.HOLDFAST_TEST_LIMIT ?? 600);

// The same engine without the browser around it, at half the CPU.
const shell = '/usr/bin/chromium-headless-shell';
const executablePath = existsSync(shell) ? shell : '/usr/bin/chromium';
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync', '--in-process-gpu'];

export function launch() {
	return chromium.launch({ executablePath, args, timeout: limit_ms });
}

// Visits by one page for each set of options: a new context costs the browser three processes and a second of CPU.
//   const visit = visits(browser);
//   await visit({ viewport, colorScheme }, async (page) => { await page.goto(...); ... });
// From one visit to the next no listener, document or cached answer is kept; cookies and storage are, so that what a
// page stores can still be seen.
export function visits(browser) {
	const pages = new Map();
	return async (options, look) => {
		const key = JSON.stringify(options);
		if (!pages.has(key)) {
			const opened = await open_page(browser, options);
			const session = await opened.context().newCDPSession(opened);
			await session.send('Network.setCacheDisabled', { cacheDisabled: true });
			pages.set(key, opened);
		}
		const page = pages.get(key);
		try {
			return await look(page);
		} finally {
			for (const event of ['console', 'pageerror', 'request', 'response']) page.removeAllListeners(event);
			await page.goto('about:blank');
		}
	};
}

// A page in a context of its own; page.context().close() ends both.
export async function open_page(browser, options) {
	const context = await browser.newContext(options);
	context.setDefaultTimeout(limit_ms);
	return context.newPage();
}

// What axe-core finds wrong in the document as it is shown now: a text for each finding, with the first elements that
// have it. Findings of minor impact only where the caller asks for them.
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export async function axe_findings(page, { minor = false } = {}) {
	if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe);
	const found = await page.evaluate(async () =>
		(await globalThis.axe.run({ resultTypes: ['violations'] })).violations.map((v) => ({
			impact: v.impact,
			help: v.help,
			where: v.nodes.map((n) => `${n.target} ${n.failureSummary}`),
		}))
	);
	return found.filter((f) => minor || f.impact !== 'minor')
		.map((f) => `axe (${f.impact}): ${f.help}\n  ${f.where.slice(0, 3).join('\n  ')}`);
}

// axe-core for many pages: it is loaded, and its code made fast by the browser, once for each host and not for each
// document. A page is written into a document of the same host as it stands, after its scripts, and looked at there in
// the view that is given.
export function axe_reader(browser) {
	const readers = new Map(), written = new Map();
	return async (page, { width, height, colorScheme }, options) => {
		const url = new URL(page.url()), html = await page.content();
		if (!readers.has(url.origin)) {
			const opened = await open_page(browser);
			await opened.goto(url.href);
			readers.set(url.origin, opened);
		}
		const reader = readers.get(url.origin);
		await reader.setViewportSize({ width, height });
		await reader.emulateMedia({ colorScheme });
		if (written.get(url.origin) !== url.href + html) {
			await reader.evaluate((href) => history.replaceState(null, '', href), url.href);
			await reader.setContent(html.replace(/<script src="[^"]*"[^>]*><\/script>/g, ''));
			written.set(url.origin, url.href + html);
		}
		return axe_findings(reader, options);
	};
}
