//! `spanlake ask`.

use anyhow::Result;
use spanlake::{QuestionNote, Spanlake, actor};

use super::{config, open, open_read_only, sql, store_url};
use crate::Outcome;
use crate::args::{AskArgs, Global};
use crate::interrupt::Executor;
use crate::output::{choose_format, say};

/// What `--list` shows: the questions first.
const LIST: &str = "select name, question, parameters, owner, review_days, is_own \
                    from spanlake.questions order by folder <> 'questions', folder, name";

pub(super) fn run(global: &Global, args: AskArgs, executor: &Executor) -> Result<Outcome> {
    executor.run("the question was cancelled", async {
        let lake = open_read_only(global, config(global)?).await?;
        let format = choose_format(global.format, args.output.as_deref());
        let output = args.output.as_deref();
        let Some(name) = &args.name else {
            sql::run_statement(&lake, LIST, format, output, false).await?;
            return Ok(Outcome::Done);
        };
        let file = lake.question(name)?;
        let name = file.name().to_owned();
        let by = args.by.clone().unwrap_or_else(actor);
        if args.reviewed {
            lake.close().await?;
            let lake = open(global, config(global)?).await?;
            lake.note_question(&name, QuestionNote::Reviewed, &by, args.note).await?;
            lake.close().await?;
            if !global.quiet {
                say!("{name} reviewed by {by}")?;
            }
            return Ok(Outcome::Done);
        }
        let statement = file.statement(&args.parameters.into_iter().collect())?;
        if args.sql {
            say!("{}", statement.trim_end())?;
            return Ok(Outcome::Done);
        }
        sql::run_statement(&lake, &statement, format, output, false).await?;
        // A look at the past is none at today's numbers.
        if !args.unrecorded && global.as_of.is_none() && !lake.is_use_noted(&name, &by).await? {
            lake.close().await?;
            if let Err(error) = note_use(global, &name, &by).await
                && !global.quiet
            {
                eprintln!("who asked was not noted: {}", crate::message(&error));
            }
        }
        Ok(Outcome::Done)
    })
}

/// Notes who asked. Fails where another writer holds the store or it may only be read.
async fn note_use(global: &Global, name: &str, by: &str) -> Result<()> {
    let config = config(global)?;
    let lake = Spanlake::builder(&store_url(global, &config)).config(config).open().await?;
    lake.note_question(name, QuestionNote::Used, by, None).await?;
    lake.close().await?;
    Ok(())
}
