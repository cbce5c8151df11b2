// Chromium for tests: no network of its own, and no limit of time but that of the test file (tests/lib/Wait.pm).
//   const browser = await launch();
//   const page = await open_page(browser, { viewport, colorScheme, javaScriptEnabled });
import { chromium } from 'playwright-core';

export const limit_ms = 1000 * Number(process.env.HOLDFAST_TEST_LIMIT ?? 600);

const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
	return chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: limit_ms });
}

// A page in a context of its own; page.context().close() ends both.
export async function open_page(browser, options) {
	const context = await browser.newContext(options);
	context.setDefaultTimeout(limit_ms);
	return context.newPage();
}
