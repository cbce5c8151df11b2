// One peer over a queue of no-op jobs: node peers.mjs graphile|pgboss CONNECTION JOBS WORKERS
// Two phases as one process: the jobs are queued, then WORKERS workers empty the queue. Prints jobs per second of the
// second phase, and CPU milliseconds of this process in it. Each peer in the configuration that was fastest here.
const [kind, connectionString, jobs, workers] = process.argv.slice(2);
const count = Number(jobs), n = Number(workers);

async function graphile() {
	const { run, runMigrations, makeWorkerUtils } = await import('graphile-worker');
	await runMigrations({ connectionString });
	const utils = await makeWorkerUtils({ connectionString });
	const fill = `SELECT graphile_worker.add_job('nothing', json_build_object('id', i))
		FROM generate_series(1, ${count}) AS i`;
	await utils.withPgClient((client) => client.query(fill));
	await utils.release();
	let done = 0;
	const began = performance.now(), cpu = process.cpuUsage();
	let finished;
	const all = new Promise((resolve) => { finished = resolve; });
	const preset = {
		worker: {
			connectionString, concurrentJobs: 24, maxPoolSize: n + 2, pollInterval: 2000, localQueue: { size: 500 },
			completeJobBatchDelay: 0, failJobBatchDelay: 0
		}
	};
	const runners = [];
	const quiet = { logger: undefined };
	for (let i = 0; i < n; i++) {
		const nothing = () => { if (++done === count) finished(); };
		runners.push(await run({ preset, noHandleSignals: true, taskList: { nothing }, ...quiet }));
	}
	await all;
	const seconds = (performance.now() - began) / 1000, used = process.cpuUsage(cpu);
	for (const runner of runners) await runner.stop().catch(() => {});
	return [seconds, used];
}

async function pgboss() {
	const { default: PgBoss } = await import('pg-boss');
	const boss = new PgBoss({ connectionString, max: n + 2 });
	boss.on('error', () => {});
	await boss.start();
	for (let at = 0; at < count; at += 5000) {
		const length = Math.min(5000, count - at);
		await boss.insert(Array.from({ length }, (_, i) => ({ name: 'nothing', data: { id: at + i } })));
	}
	let done = 0;
	const began = performance.now(), cpu = process.cpuUsage();
	// fetch and complete by hand in batches of 500: faster than its polling workers.
	await Promise.all(Array.from({ length: n }, async () => {
		for (;;) {
			const batch = await boss.fetch('nothing', 500);
			if (!batch?.length) return;
			await boss.complete(batch.map((job) => job.id));
			done += batch.length;
		}
	}));
	const seconds = (performance.now() - began) / 1000, used = process.cpuUsage(cpu);
	await boss.stop({ graceful: false });
	if (done !== count) throw new Error(`${done} of ${count}`);
	return [seconds, used];
}

const [seconds, used] = await (kind === 'graphile' ? graphile() : pgboss());
console.log(`RESULT ${(count / seconds).toFixed(0)} ${((used.user + used.system) / 1000).toFixed(0)}`);
process.exit(0);
