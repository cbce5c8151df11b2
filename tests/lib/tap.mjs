// TAP for scripts that Perl tests run: ok(good, what, why) prints a line, and what is wrong below it; finish() prints
// the plan, and ends the process with 1 when something failed.
const shown = 40; // lines of what is wrong

let count = 0, failed = 0;
export function ok(good, what, why = []) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${what}`);
	if (good) return;
	failed++;
	for (const line of [why].flat().join('\n').split('\n').slice(0, shown)) console.log(`# ${line}`);
}

export function finish() {
	console.log(`1..${count}`);
	process.exit(failed ? 1 : 0);
}
