//! Facts from the store: runs the report's SQL.

use chrono::{Offset, TimeZone};
use spanlake_model::{Day, Micros};
use spanlake_query::Session;

use crate::error::Result;
use crate::metric::{Metric, REFERENCE_WEEKS, SPARK_DAYS};
use crate::report::facts::{
    BinRow, Cell, DistributionRow, Facts, Period, Place, ReleaseFact, WeekRow,
};
use crate::rows::{self, Kind};
use crate::sql::{Parameters, Value};
use crate::stats::ClusterSums;
use crate::week::{Week, midnight};

/// Days that may hold a row: `date` is the UTC day of the start, and an evaluation's day follows
/// its answer's.
const SLACK_DAYS: i32 = 1;

/// The oldest and the newest plausible start in the store; `None` when it is empty.
pub(crate) async fn bounds(session: &Session) -> Result<Option<(Micros, Micros)>> {
    let rows = rows::run(session, "report/bounds.sql", &Parameters::new()).await?;
    let mut bounds = None;
    rows.for_each(&[("first_time", Kind::Time), ("last_time", Kind::Time)], |row| {
        bounds = row.time_opt("first_time").zip(row.time_opt("last_time"));
    })?;
    Ok(bounds)
}

/// Parameters shared by the report's statements.
pub(crate) fn parameters(week: Week, first: Micros) -> Option<(Parameters, u64)> {
    let before = week.back(1)?;
    let complete = (1..=REFERENCE_WEEKS)
        .take_while(|back| before.back(*back).is_some_and(|w| w.start() >= first))
        .last()
        .unwrap_or(0);
    let earlier = before.back(complete)?;
    let spark = midnight(*week.days_back(SPARK_DAYS).first()?, week.zone());
    let oldest = earlier.start().min(spark).day();
    let parameters = Parameters::from([
        ("week_start", Value::Time(week.start())),
        ("week_end", Value::Time(week.end())),
        ("before_start", Value::Time(before.start())),
        ("earlier_start", Value::Time(earlier.start())),
        ("spark_start", Value::Time(spark)),
        ("first_date", Value::Date(Day(oldest.0 - SLACK_DAYS))),
        ("last_date", Value::Date(Day(week.end().day().0 + SLACK_DAYS))),
        ("bin", Value::Minutes(bin_minutes(week, spark))),
    ]);
    Some((parameters, complete))
}

/// Bins that local days are made of: whole days where the clock does not change, else as long as
/// the zone's offset allows.
fn bin_minutes(week: Week, from: Micros) -> i64 {
    let offset = |time: Micros| {
        chrono::DateTime::from_timestamp_micros(time.0).map_or(0, |t| {
            week.zone().offset_from_utc_datetime(&t.naive_utc()).fix().local_minus_utc()
        })
    };
    let (first, last) = (offset(from), offset(week.end()));
    match (first, last) {
        (a, b) if a == b => 24 * 60,
        (a, b) if a % 3600 == 0 && b % 3600 == 0 => 60,
        _ => 15,
    }
}

/// Runs every statement.
pub(crate) async fn gather(session: &Session, parameters: &mut Parameters) -> Result<Facts> {
    let mut facts = Facts::default();
    let newest = evaluators(session, parameters, &mut facts).await?;
    parameters.insert("evaluator", Value::Text(newest));
    for file in ["report/call_metrics.sql", "report/trace_metrics.sql", "report/part_metrics.sql"] {
        cells(session, file, parameters, &mut facts.cells).await?;
    }
    facts.cells.sort_by(|a, b| {
        (a.metric, &a.place, &a.version, &a.tenant, &a.model, a.period)
            .cmp(&(b.metric, &b.place, &b.version, &b.tenant, &b.model, b.period))
    });
    facts.set_versions();
    week_lines(session, parameters, &mut facts).await?;
    bins(session, parameters, &mut facts).await?;
    distributions(session, parameters, &mut facts).await?;
    releases(session, parameters, &mut facts).await?;
    health(session, parameters, &mut facts).await?;
    Ok(facts)
}

/// Counts evaluator versions and returns the newest one used in the week.
async fn evaluators(
    session: &Session,
    parameters: &Parameters,
    facts: &mut Facts,
) -> Result<String> {
    let rows = rows::run(session, "report/evaluators.sql", parameters).await?;
    let columns =
        [("evaluator_version", Kind::Text), ("period", Kind::Int), ("answers", Kind::Int)];
    rows.for_each(&columns, |row| {
        let name = format!("spanlake {}", row.text("evaluator_version"));
        let counts = facts.evaluators.entry(name).or_default();
        match row.int("period") {
            0 => counts.0 += row.count("answers"),
            _ => counts.1 += row.count("answers"),
        }
    })?;
    let number =
        |name: &str| name.rsplit_once('@').and_then(|(_, n)| n.parse::<u64>().ok()).unwrap_or(0);
    let newest = facts
        .evaluators
        .iter()
        .max_by_key(|(name, (week, _))| (*week > 0, number(name), name.as_str()))
        .and_then(|(name, _)| name.strip_prefix("spanlake "));
    Ok(newest.unwrap_or_default().to_owned())
}

async fn cells(
    session: &Session,
    file: &str,
    parameters: &Parameters,
    cells: &mut Vec<Cell>,
) -> Result<()> {
    let columns = [
        ("metric", Kind::Text),
        ("workflow", Kind::Text),
        ("prompt", Kind::Text),
        ("part", Kind::Text),
        ("version", Kind::Text),
        ("tenant", Kind::Text),
        ("model", Kind::Text),
        ("period", Kind::Int),
        ("first_time", Kind::Time),
        ("last_time", Kind::Time),
        ("clusters", Kind::Float),
        ("n", Kind::Float),
        ("y", Kind::Float),
        ("yy", Kind::Float),
        ("yn", Kind::Float),
        ("nn", Kind::Float),
        ("uu", Kind::Float),
    ];
    let rows = rows::run(session, file, parameters).await?;
    rows.for_each(&columns, |row| {
        let metric = Metric::find(&row.text("metric"));
        let (Some(metric), Some(period)) = (metric, Period::from_number(row.int("period"))) else {
            return;
        };
        cells.push(Cell {
            metric: metric.id,
            place: Place {
                workflow: row.text("workflow"),
                prompt: row.text("prompt"),
                part: row.text("part"),
            },
            version: row.text("version"),
            tenant: row.text("tenant"),
            model: row.text("model"),
            period,
            first: row.time_opt("first_time").unwrap_or_default(),
            last: row.time_opt("last_time").unwrap_or_default(),
            sums: ClusterSums {
                clusters: row.float("clusters"),
                n: row.float("n"),
                sum: row.float("y"),
                sum_squared: row.float("yy"),
                cross: row.float("yn"),
                n_squared: row.float("nn"),
                unit_squared: row.float("uu"),
            },
        });
    })
}

async fn week_lines(session: &Session, parameters: &Parameters, facts: &mut Facts) -> Result<()> {
    let columns = [
        ("workflow", Kind::Text),
        ("prompt", Kind::Text),
        ("version", Kind::Text),
        ("models", Kind::Text),
        ("calls", Kind::Int),
        ("unpriced", Kind::Int),
        ("eligible", Kind::Int),
        ("scored", Kind::Int),
        ("faithfulness_p10", Kind::Float),
        ("latency_p50", Kind::Float),
        ("latency_p95", Kind::Float),
        ("tokens", Kind::Int),
    ];
    let rows = rows::run(session, "report/week_lines.sql", parameters).await?;
    rows.for_each(&columns, |row| {
        facts.week.push(WeekRow {
            workflow: row.text("workflow"),
            prompt: row.text("prompt"),
            version: row.text("version"),
            models: row.text("models"),
            calls: row.count("calls"),
            unpriced: row.count("unpriced"),
            eligible: row.count("eligible"),
            scored: row.count("scored"),
            faithfulness_p10: row.float_opt("faithfulness_p10"),
            latency_p50: row.float_opt("latency_p50"),
            latency_p95: row.float_opt("latency_p95"),
            tokens: row.count("tokens"),
        });
    })
}

async fn bins(session: &Session, parameters: &Parameters, facts: &mut Facts) -> Result<()> {
    let columns = [
        ("workflow", Kind::Text),
        ("bin", Kind::Time),
        ("traces", Kind::Float),
        ("successes", Kind::Float),
        ("cost", Kind::Float),
        ("json", Kind::Float),
        ("json_failures", Kind::Float),
        ("faith_n", Kind::Float),
        ("faith_sum", Kind::Float),
        ("latency_n", Kind::Float),
        ("latency_log", Kind::Float),
    ];
    let rows = rows::run(session, "report/daily.sql", parameters).await?;
    rows.for_each(&columns, |row| {
        let Some(start) = row.time_opt("bin") else { return };
        facts.bins.push(BinRow {
            workflow: row.text("workflow"),
            start,
            traces: row.float("traces"),
            successes: row.float("successes"),
            cost: row.float("cost"),
            json: row.float("json"),
            json_failures: row.float("json_failures"),
            faith_n: row.float("faith_n"),
            faith_sum: row.float("faith_sum"),
            latency_n: row.float("latency_n"),
            latency_log: row.float("latency_log"),
        });
    })
}

async fn distributions(
    session: &Session,
    parameters: &Parameters,
    facts: &mut Facts,
) -> Result<()> {
    let columns = [
        ("workflow", Kind::Text),
        ("prompt", Kind::Text),
        ("what", Kind::Text),
        ("bin", Kind::Text),
        ("period", Kind::Int),
        ("n", Kind::Float),
        ("n_squared", Kind::Float),
    ];
    let rows = rows::run(session, "report/distributions.sql", parameters).await?;
    rows.for_each(&columns, |row| {
        let Some(period) = Period::from_number(row.int("period")) else { return };
        facts.distributions.push(DistributionRow {
            place: Place {
                workflow: row.text("workflow"),
                prompt: row.text("prompt"),
                part: String::new(),
            },
            what: row.text("what"),
            bin: row.text("bin"),
            period,
            n: row.float("n"),
            n_squared: row.float("n_squared"),
        });
    })?;
    facts.distributions.sort_by(|a, b| {
        (&a.place, &a.what, &a.bin, a.period).cmp(&(&b.place, &b.what, &b.bin, b.period))
    });
    Ok(())
}

async fn releases(session: &Session, parameters: &Parameters, facts: &mut Facts) -> Result<()> {
    let columns = [
        ("time", Kind::Time),
        ("prompt", Kind::Text),
        ("version", Kind::Text),
        ("action", Kind::Text),
        ("environment", Kind::Text),
    ];
    let rows = rows::run(session, "report/releases.sql", parameters).await?;
    rows.for_each(&columns, |row| {
        let Some(time) = row.time_opt("time") else { return };
        facts.releases.push(ReleaseFact {
            time,
            prompt: row.text("prompt"),
            version: row.text("version"),
            action: row.text("action"),
            environment: row.text("environment"),
        });
    })
}

async fn health(session: &Session, parameters: &Parameters, facts: &mut Facts) -> Result<()> {
    let rows = rows::run(session, "report/redactions.sql", parameters).await?;
    let columns = [("class", Kind::Text), ("period", Kind::Int), ("removed", Kind::Int)];
    rows.for_each(&columns, |row| {
        let counts = facts.redactions.entry(row.text("class")).or_default();
        match row.int("period") {
            0 => counts.0 += row.count("removed"),
            _ => counts.1 += row.count("removed"),
        }
    })?;
    let rows = rows::run(session, "report/policies.sql", parameters).await?;
    rows.for_each(&[("policy_version", Kind::Text)], |row| {
        facts.policies.push(row.text("policy_version"));
    })?;
    let rows = rows::run(session, "report/rejected.sql", parameters).await?;
    rows.for_each(&[("code", Kind::Text), ("rejected", Kind::Int)], |row| {
        facts.ingest_errors.insert(row.text("code"), row.count("rejected"));
    })?;
    let rows = rows::run(session, "report/health.sql", parameters).await?;
    let names = rows.names();
    let columns: Vec<(&str, Kind)> = names.iter().map(|name| (name.as_str(), Kind::Int)).collect();
    rows.for_each(&columns, |row| {
        for (name, _) in &columns {
            facts.health.insert((*name).to_owned(), row.count(name));
        }
    })
}
