-- Which prompt versions give good output?
-- Worst first by failed checks per call.
--
-- failed_share  Parse failures and failed evals / calls.
--
-- owner: model quality owner
-- review: 30 days
select
    prompt_name, prompt_version, models, calls, error_rate, parse_failure_rate, schema_pass_rate,
    refusal_rate, faithfulness, faithfulness_n, faithfulness_coverage, citation_validity,
    (parse_failures + failed_evals) * 1.0 / calls as failed_share
from prompt_quality
order by failed_share desc, prompt_name, prompt_version
