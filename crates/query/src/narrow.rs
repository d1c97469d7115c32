//! A filter on groups of rows reads the files of the groups it keeps.
//!
//! `traces` and `sessions` have one row for each id, so a filter on their times speaks of an
//! aggregate: any file may hold a row of any group, and none could be skipped. But a group whose
//! least `start_time` lies in March has a row whose `start_time` lies in March. So
//!
//! ```text
//! Filter(min(x) in W) ─ Aggregate(by id) ─ … ─ Scan
//! ```
//!
//! becomes a scan of whole groups ([`Groups`]): all rows of every id that has a row whose `x` is in
//! W. Rows of other ids may be missing; what is left of those groups has no row in W, so the filter,
//! which stays, drops them. Nothing is assumed of how long a trace or session lasts.
//!
//! A join with such groups by their id reads only those ids' rows of the other table, too.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Column, JoinType};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, InList};
use datafusion::logical_expr::expr_rewriter::unnormalize_cols;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    Aggregate, Between, BinaryExpr, Expr, Filter, Join, LogicalPlan, Operator, TableScan,
    TableScanBuilder,
};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use crate::table::{Groups, Members, SnapshotTable};

/// Ids whose groups can be told apart by file: by id filters, or by blooms inside the files.
const KEYS: [&str; 2] = ["trace_id", "session_id"];

/// Functions whose value is one of the values they are given: the group has a row with it.
const PICKS: [&str; 4] = ["min", "max", "first_value", "last_value"];

/// The optimizer rule.
#[derive(Debug)]
pub(crate) struct NarrowGroups;

impl OptimizerRule for NarrowGroups {
    fn name(&self) -> &'static str {
        "narrow_groups"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        plan.transform_up(|node| match &node {
            LogicalPlan::Filter(filter) => match filter_groups(filter) {
                Some(groups) => replace_scan(node, &groups),
                None => Ok(Transformed::no(node)),
            },
            LogicalPlan::Join(join) => join_groups(join),
            _ => Ok(Transformed::no(node)),
        })
    }
}

/// Reads which groups a filter above an aggregate keeps.
fn filter_groups(filter: &Filter) -> Option<Groups> {
    let aggregate = aggregate_below(&filter.input)?;
    let (scan, key) = group_key(aggregate)?;
    let table = snapshot_table(scan).filter(|table| table.groups().is_none())?;
    let window = window(aggregate, filter)?;
    let mut filters = unnormalize_cols(scan.filters.clone());
    filters.extend(window);
    let members = Arc::new(Members::new(table.table(), key.clone(), filters));
    Some(Groups { key, members })
}

/// Finds the aggregate that a filter reads, past what only chooses and names columns.
fn aggregate_below(plan: &LogicalPlan) -> Option<&Aggregate> {
    match plan {
        LogicalPlan::Aggregate(aggregate) => Some(aggregate),
        LogicalPlan::Projection(projection) => aggregate_below(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => aggregate_below(&alias.input),
        _ => None,
    }
}

/// Follows a column down to its place in the output of that aggregate.
fn place_in_aggregate(plan: &LogicalPlan, column: &Column) -> Option<usize> {
    if let LogicalPlan::Aggregate(aggregate) = plan {
        return aggregate.schema.maybe_index_of_column(column);
    }
    let (input, column) = step_down(plan, column)?;
    place_in_aggregate(input, &column)
}

/// Follows a column through one node that only chooses and names columns.
fn step_down<'a>(plan: &'a LogicalPlan, column: &Column) -> Option<(&'a LogicalPlan, Column)> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => {
            let at = alias.schema.maybe_index_of_column(column)?;
            let (qualifier, field) = alias.input.schema().qualified_field(at);
            Some((&alias.input, Column::new(qualifier.cloned(), field.name())))
        }
        LogicalPlan::Projection(projection) => {
            let at = projection.schema.maybe_index_of_column(column)?;
            let column = plain_column(projection.expr.get(at)?)?;
            Some((&projection.input, column.clone()))
        }
        _ => None,
    }
}

/// The column that an expression is, under whatever name.
fn plain_column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => plain_column(&alias.expr),
        _ => None,
    }
}

/// Finds the scan that an aggregate by id reads, and the id's column in it.
fn group_key(aggregate: &Aggregate) -> Option<(&TableScan, String)> {
    aggregate.group_expr.iter().find_map(|expr| {
        let (scan, column) = origin(&aggregate.input, expr.try_as_col()?)?;
        KEYS.contains(&column.as_str()).then_some((scan, column))
    })
}

/// Follows a column down to the scan it comes from; `None` where it is computed, or where the rows
/// come from more than one scan.
fn origin<'a>(plan: &'a LogicalPlan, column: &Column) -> Option<(&'a TableScan, String)> {
    match plan {
        LogicalPlan::TableScan(scan) if scan.fetch.is_none() => Some((scan, column.name.clone())),
        LogicalPlan::Filter(filter) => origin(&filter.input, column),
        LogicalPlan::Aggregate(aggregate) => {
            let at = aggregate.schema.maybe_index_of_column(column)?;
            origin(&aggregate.input, plain_column(aggregate.group_expr.get(at)?)?)
        }
        _ => {
            let (input, column) = step_down(plan, column)?;
            origin(input, &column)
        }
    }
}

fn snapshot_table(scan: &TableScan) -> Option<SnapshotTable> {
    let provider = source_as_provider(&scan.source).ok()?;
    (provider.as_ref() as &dyn Any).downcast_ref::<SnapshotTable>().cloned()
}

/// Reads the conditions that one row of every kept group must meet, on the columns of the scan.
///
/// All of them are on the same picked value, so the same row meets them.
fn window(aggregate: &Aggregate, filter: &Filter) -> Option<Vec<Expr>> {
    let mut by_value: BTreeMap<usize, (String, Vec<&Expr>)> = BTreeMap::new();
    for condition in split_conjunction(&filter.predicate) {
        let columns = condition.column_refs();
        let mut columns = columns.into_iter();
        let (Some(column), None) = (columns.next(), columns.next()) else { continue };
        if !bounds_a_value(condition) {
            continue;
        }
        let Some(at) = place_in_aggregate(&filter.input, column) else { continue };
        let picked = at.checked_sub(aggregate.group_expr.len());
        let picked = picked.and_then(|at| aggregate.aggr_expr.get(at)).and_then(picked_column);
        let Some((_, picked)) = picked.and_then(|column| origin(&aggregate.input, column)) else {
            continue;
        };
        by_value.entry(at).or_insert_with(|| (picked, Vec::new())).1.push(condition);
    }
    // The most conditions make the narrowest window.
    let (column, conditions) = by_value.into_values().max_by_key(|(_, all)| all.len())?;
    let of_rows = |condition: &Expr| {
        condition.clone().transform(|expr| {
            Ok(match expr {
                Expr::Column(_) => Transformed::yes(Expr::Column(Column::from_name(&column))),
                other => Transformed::no(other),
            })
        })
    };
    conditions
        .into_iter()
        .map(|condition| of_rows(condition).ok().map(|found| found.data))
        .collect()
}

/// Returns the column that an aggregate picks one value of.
fn picked_column(expr: &Expr) -> Option<&Column> {
    let expr = match expr {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::AggregateFunction(AggregateFunction { func, params }) = expr else { return None };
    // A FILTER of the aggregate may only leave fewer rows to pick from.
    match params.args.as_slice() {
        [argument, ..] if PICKS.contains(&func.name()) => argument.try_as_col(),
        _ => None,
    }
}

/// Whether a condition compares a column with constants, and so is never true of NULL.
fn bounds_a_value(condition: &Expr) -> bool {
    let is_value = |expr: &Expr| match expr {
        Expr::Column(_) => true,
        Expr::Cast(cast) => matches!(cast.expr.as_ref(), Expr::Column(_)),
        _ => false,
    };
    let is_constant = |expr: &Expr| matches!(expr, Expr::Literal(..));
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And | Operator::Or => bounds_a_value(left) && bounds_a_value(right),
            Operator::Eq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => {
                (is_value(left) && is_constant(right)) || (is_constant(left) && is_value(right))
            }
            _ => false,
        },
        Expr::Between(Between { expr, negated: false, low, high }) => {
            is_value(expr) && is_constant(low) && is_constant(high)
        }
        Expr::InList(InList { expr, list, negated: false }) => {
            is_value(expr) && list.iter().all(is_constant)
        }
        _ => false,
    }
}

/// Puts groups in the place of the one scan below.
fn replace_scan(plan: LogicalPlan, groups: &Groups) -> Result<Transformed<LogicalPlan>> {
    plan.transform_down(|node| match &node {
        LogicalPlan::TableScan(scan) => match snapshot_table(scan) {
            Some(table) => {
                let source = provider_as_source(Arc::new(table.with_groups(groups.clone())));
                let scan = TableScanBuilder::new(scan.table_name.clone(), source)
                    .with_projection(scan.projection.clone())
                    .with_filters(scan.filters.clone())
                    .with_fetch(scan.fetch)
                    .build()?;
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            None => Ok(Transformed::no(node)),
        },
        _ => Ok(Transformed::no(node)),
    })
}

/// Narrows one side of a join to the groups of the other side.
fn join_groups(join: &Join) -> Result<Transformed<LogicalPlan>> {
    for (left, right) in &join.on {
        let (Some(left), Some(right)) = (left.try_as_col(), right.try_as_col()) else { continue };
        let keeps_right =
            matches!(join.join_type, JoinType::Inner | JoinType::Left | JoinType::LeftSemi);
        let keeps_left =
            matches!(join.join_type, JoinType::Inner | JoinType::Right | JoinType::RightSemi);
        if keeps_right && let Some(groups) = other_side(&join.left, left, &join.right, right) {
            let narrowed = replace_scan(join.right.as_ref().clone(), &groups)?;
            let mut join = join.clone();
            join.right = Arc::new(narrowed.data);
            return Ok(Transformed::yes(LogicalPlan::Join(join)));
        }
        if keeps_left && let Some(groups) = other_side(&join.right, right, &join.left, left) {
            let narrowed = replace_scan(join.left.as_ref().clone(), &groups)?;
            let mut join = join.clone();
            join.left = Arc::new(narrowed.data);
            return Ok(Transformed::yes(LogicalPlan::Join(join)));
        }
    }
    Ok(Transformed::no(LogicalPlan::Join(join.clone())))
}

/// Returns the groups to read of `other`, where `side` reads groups by the column they are joined on.
fn other_side(
    side: &LogicalPlan,
    by: &Column,
    other: &LogicalPlan,
    other_by: &Column,
) -> Option<Groups> {
    let (scan, key) = origin(side, by)?;
    let groups = snapshot_table(scan)?.groups().cloned().filter(|groups| groups.key == key)?;
    let (other_scan, other_key) = origin(other, other_by)?;
    let is_open = snapshot_table(other_scan)?.groups().is_none();
    (is_open && KEYS.contains(&other_key.as_str()))
        .then(|| Groups { key: other_key, members: groups.members })
}
