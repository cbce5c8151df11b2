// The pages of a plan in Chromium: pa11y on each, as a desktop in light and as a phone in dark; Lighthouse on those
// that ask for it.
//   node visit.mjs URL PLAN FOLDER KEY HOSTS
// PLAN: [{name, path, base, lighthouse: [category], rounds}], base: instead of URL; FOLDER: new, for the browser's
// profile; KEY: hash of the public key of a certificate that it trusts; HOSTS: where hosts are.
// JSON on standard output: {versions, pages: [{name, path, status, pa11y: [finding], lighthouse: {category: [score
// of each round]}}]}
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import lighthouse from 'lighthouse';
import pa11y from 'pa11y';
import puppeteer from 'puppeteer';

const [own, plan, userDataDir, trusted, hosts] = process.argv.slice(2);
const arguments_ = [
	'--headless',
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];
const views = [
	{ name: 'desktop, light', width: 1280, height: 900, scheme: 'light' },
	{ name: 'phone, dark', width: 390, height: 844, scheme: 'dark' },
];
const say = (text) => process.stderr.write(`${text}\n`);

// What axe-core cannot decide and asks a person to look at is a warning.
async function accessibility(browser, { name, path, base = own }) {
	const findings = [];
	let status;
	for (const { name: view, width, height, scheme } of views) {
		const page = await browser.newPage();
		await page.setCacheEnabled(false);
		page.on('response', (r) => { if (r.request().isNavigationRequest()) status = r.status(); });
		await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
		const result = await pa11y(base + path, {
			browser,
			page,
			viewport: { width, height },
			standard: 'WCAG2AA',
			runners: ['axe', 'htmlcs'],
			includeWarnings: true,
			levelCapWhenNeedsReview: 'warning',
			timeout: 120000,
		});
		for (const f of result.issues)
			findings.push({
				type: f.type,
				runner: f.runner,
				code: f.code,
				view,
				where: f.selector,
				message: f.message.replace(/ \(https:.*\)$/, ''),
			});
		await page.close();
	}
	const of_type = (type) => findings.filter((f) => f.type === type).length;
	say(`pa11y ${name} ${path}: ${status}, ${of_type('error')} errors, ${of_type('warning')} warnings`);
	return { status, pa11y: findings };
}

// What costs points is told with its title; the rest of what Lighthouse says is advice of no weight.
async function scores(browser, { name, path, base = own, lighthouse: categories, rounds = 3 }) {
	const result = { lighthouse: {}, lost: [], lcp_ms: [], bytes: 0 };
	for (let round = 0; round < rounds; round++) {
		const { lhr } = await lighthouse(base + path, {
			port: new URL(browser.wsEndpoint()).port,
			logLevel: 'error',
			output: 'json',
			onlyCategories: categories,
		});
		if (lhr.runtimeError) throw new Error(`Lighthouse ${path}: ${lhr.runtimeError.message}`);
		for (const [key, category] of Object.entries(lhr.categories)) {
			(result.lighthouse[key] ??= []).push(Math.round(category.score * 100));
			for (const { id, weight } of category.auditRefs) {
				const { score, title, displayValue } = lhr.audits[id];
				if (weight && score !== null && score < 0.9)
					result.lost.push(`${key}: ${title}${displayValue ? ` (${displayValue})` : ''}`);
			}
		}
		result.lcp_ms.push(Math.round(lhr.audits['largest-contentful-paint']?.numericValue ?? 0));
		result.bytes = lhr.audits['total-byte-weight']?.numericValue ?? 0;
		say(
			`Lighthouse ${name} ${path}: ${Object.entries(result.lighthouse)
				.map(([key, all]) => `${key} ${all.at(-1)}`)
				.join(', ')}`,
		);
	}
	result.lost = [...new Set(result.lost)];
	return result;
}

const here = createRequire(import.meta.url),
	within_pa11y = createRequire(here.resolve('pa11y/package.json'));
const browser = await puppeteer.launch({
	executablePath: '/usr/bin/chromium',
	ignoreDefaultArgs: true,
	args: [...arguments_, `--user-data-dir=${userDataDir}`, `--ignore-certificate-errors-spki-list=${trusted}`,
		`--host-resolver-rules=${hosts}`, '--remote-debugging-port=0', 'about:blank'],
});
try {
	const pages = [];
	for (const page of JSON.parse(readFileSync(plan, 'utf8')))
		pages.push({ ...page, ...(await accessibility(browser, page)) });
	for (const page of pages) if (page.lighthouse) Object.assign(page, await scores(browser, page));
	const versions = {
		Chromium: (await browser.version()).replace(/.*\//, ''),
		node: process.versions.node,
		Lighthouse: here('lighthouse/package.json').version,
		pa11y: here('pa11y/package.json').version,
		'axe-core (of pa11y)': within_pa11y('axe-core/package.json').version,
		HTML_CodeSniffer: within_pa11y('@pa11y/html_codesniffer/package.json').version,
	};
	process.stdout.write(JSON.stringify({ versions, pages }));
} finally {
	await browser.close();
}
