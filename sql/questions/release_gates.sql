-- How did a prompt version do on its eval dataset, and how did the live version?
-- The newest verdict of each case counts; a verdict is pass or fail, else a score from 0 to 1.
--
-- evaluation evaluator  What was judged, by whom.
-- dataset  The version's eval dataset.
-- cases  Cases judged.
-- value  Share passed, or mean score.
-- low high  Wilson's interval at 95 %; NULL for scores.
-- live_version live_cases live_value  The same for the version that is live.
-- lost_cases  Cases that the live version passed and this one did not.
--
-- $prompt = ''  Prompt name.
-- $version = ''  Prompt version.
-- $environment = 'production'  Where the version to compare with is live.
-- owner: model quality owner
-- review: 30 days
with wanted as (
    select eval_dataset from current_prompts where name = $prompt and version = $version
),
live as (
    select prompt_version as version
    from live_prompts
    where prompt_name = $prompt and environment = $environment and prompt_version <> $version
),
judged as (
    select
        e.prompt_version, e.name, coalesce(e.evaluator, '') as evaluator, e.dataset,
        coalesce(e.case_id, e.trace_id, e.eval_id) as case_id,
        case when e.passed then 1.0 when not e.passed then 0.0 else e.score end as verdict,
        e.passed is not null as is_binary
    from evals as e
    join wanted as w on w.eval_dataset = e.dataset
    where e.prompt_name = $prompt
        and (e.prompt_version = $version or e.prompt_version in (select version from live))
        and (e.passed is not null or e.score is not null)
    qualify row_number() over (
        partition by e.prompt_version, e.name, e.evaluator,
            coalesce(e.case_id, e.trace_id, e.eval_id)
        order by e.eval_time desc, e.row_version desc
    ) = 1
),
both_judged as (
    select
        a.name, a.evaluator, a.dataset, a.verdict, a.is_binary,
        b.verdict as live_verdict
    from judged as a
    left join judged as b on b.prompt_version <> $version and b.name = a.name
        and b.evaluator = a.evaluator and b.case_id = a.case_id
    where a.prompt_version = $version
),
of_live as (
    select name, evaluator, prompt_version, count(*) as cases, avg(verdict) as value
    from judged
    where prompt_version <> $version
    group by name, evaluator, prompt_version
),
sums as (
    select
        name, evaluator, dataset, count(*) as cases, sum(verdict) as passed,
        bool_and(is_binary) as is_binary,
        sum(case when live_verdict = 1.0 and verdict < 1.0 then 1 else 0 end) as lost_cases
    from both_judged
    group by name, evaluator, dataset
)
select
    s.name as evaluation, s.evaluator, s.dataset, s.cases, s.passed / s.cases as value,
    case when s.is_binary then wilson(cast(s.passed as bigint), s.cases)['low'] end as low,
    case when s.is_binary then wilson(cast(s.passed as bigint), s.cases)['high'] end as high,
    o.prompt_version as live_version, o.cases as live_cases, o.value as live_value, s.lost_cases
from sums as s
left join of_live as o on o.name = s.name and o.evaluator = s.evaluator
order by s.name, s.evaluator
