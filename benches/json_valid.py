"""Times DuckDB's json_valid on the texts that the bench `functions` wrote with SPANLAKE_BENCH_OUTPUTS=FILE.

python3 -m pip install duckdb==1.5.5 && python3 benches/json_valid.py FILE
"""

import statistics
import sys
import time

import duckdb

db = duckdb.connect()
db.execute("set threads to 1")
with open(sys.argv[1]) as file:
    texts = file.read().split("\n")
db.execute("create table t (output varchar)")
db.executemany("insert into t select unnest(?)", [[texts[at : at + 5000]] for at in range(0, len(texts), 5000)])
taken = []
for _ in range(11):
    start = time.perf_counter()
    valid = db.execute("select count(*) filter (where json_valid(output)) from t").fetchone()[0]
    taken.append(time.perf_counter() - start)
size = sum(len(text.encode()) for text in texts)
best = statistics.median(taken)
print(f"json_valid: {len(texts)} texts, {valid} valid, {len(texts) / best:,.0f} rows/s, {size / best / 1e6:.0f} MB/s")
