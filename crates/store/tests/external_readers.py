"""Reads a store's tables with Python deltalake, DuckDB and Polars and prints what each sees, as JSON.

usage: external_readers.py STORE TABLE...

Needs: pip install deltalake polars duckdb==1.5.5 duckdb-extension-delta==1.5.5
Exit status 3 when a module is missing.
"""

import json
import pathlib
import sys

try:
    import deltalake
    import duckdb
    import duckdb_extension_delta
    import polars
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)


def with_deltalake(path):
    table = deltalake.DeltaTable(path)
    protocol = table.protocol()
    adds = table.get_add_actions(flatten=True)
    columns = adds.column_names if hasattr(adds, "column_names") else adds.schema.names
    rows = deltalake.QueryBuilder().register("t", table)
    query = "SELECT date, count(*) AS n, max(row_version) AS newest FROM t GROUP BY date ORDER BY date"
    batches = rows.execute(query).read_all()
    days = {str(row["date"]): row["n"] for row in batches.to_pylist()} if hasattr(batches, "to_pylist") else {
        str(d): n for d, n in zip(batches["date"].to_pylist(), batches["n"].to_pylist())
    }
    return {
        "reader": protocol.min_reader_version,
        "writer": protocol.min_writer_version,
        "version": table.version(),
        "files": len(table.file_uris()),
        "days": days,
        "statistics": sorted(c[4:] for c in columns if c.startswith("min.")),
    }


def with_duckdb(path):
    base = pathlib.Path(duckdb_extension_delta.__file__).parent
    extension = next(base.glob("extensions/*/delta.duckdb_extension"))
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{extension}'")
    scan = f"delta_scan('{path}')"
    days = connection.execute(f"SELECT date, count(*) FROM {scan} GROUP BY date ORDER BY date").fetchall()
    result = {"days": {str(day): n for day, n in days}}
    if days:
        plan = connection.execute(
            f"EXPLAIN ANALYZE SELECT count(*) FROM {scan} WHERE date = DATE '{days[0][0]}'"
        ).fetchall()
        text = "\n".join(line for row in plan for line in row)
        result["scan_of_one_day"] = [line.strip(" │") for line in text.splitlines() if "Scanning Files" in line]
    return result


def with_polars(path):
    frame = polars.scan_delta(path)
    days = frame.group_by("date").agg(polars.len().alias("n")).sort("date").collect()
    newest = frame.select(polars.col("row_version").max()).collect().item()
    return {"days": {str(row["date"]): row["n"] for row in days.to_dicts()}, "newest": newest}


def main():
    store = pathlib.Path(sys.argv[1])
    report = {}
    for table in sys.argv[2:]:
        path = str(store / table)
        report[table] = {
            "deltalake": with_deltalake(path),
            "duckdb": with_duckdb(path),
            "polars": with_polars(path),
        }
    json.dump(report, sys.stdout)


main()
