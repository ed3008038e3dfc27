//! `portoutd numbers list` and `portoutd numbers show`.

use std::process::ExitCode;

use anyhow::anyhow;
use sqlx::PgPool;

use super::shown::{self, Shown};
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, message, print_json, print_text};
use crate::cli::terminal::rows::ListArgs;
use crate::domain::{AccountName, PhoneNumber, folding};
use crate::store::numbers::{self, NumberFilter, RegisterRow};

/// Rows per query.
const PAGE: u32 = 1_000;

/// List numbers, by account and number.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only numbers of this account.
    #[arg(long)]
    account: Option<AccountName>,
    /// Only numbers with this tag.
    #[arg(long)]
    tag: Option<String>,
    /// Only numbers with a port-out lock, or only those without.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    frozen: Option<bool>,
    /// Only numbers that start with this prefix, such as `+1312`.
    #[arg(long)]
    prefix: Option<String>,
    /// The maximum number of entries.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Show one number in the register.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The number, in E.164 or as ten North American digits.
    number: PhoneNumber,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let selection = args.list.selection::<Shown>()?;
    let settings = args.settings.load()?;
    let filter = NumberFilter {
        account: args.account.clone(),
        tag: args.tag.as_ref().map(|tag| folding::fold(tag)),
        frozen: args.frozen,
        prefix: args.prefix.as_deref().map(prefix),
    };
    let (rows, more) = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        pages(&pool, &filter, args.limit).await
    })?;
    selection.print(&shown::rows(&rows), "No numbers in the register match.")?;
    if more == More::Yes {
        message!(
            "Only the first {} are shown. To see more, use `--limit`.",
            args.limit
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(args: &ShowArgs) -> Ending {
    let settings = args.settings.load()?;
    let rows = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        numbers::number_on_file(&pool, args.number)
            .await
            .map_err(database::failed)
    })?;
    if rows.is_empty() {
        return Err(not_on_file(args.number, None));
    }
    match args.output {
        Output::Json => print_json(&shown::rows(&rows))?,
        Output::Text => print_text(&rows.iter().map(shown::card).collect::<String>())?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn not_on_file(number: PhoneNumber, account: Option<&AccountName>) -> Failure {
    let of_account = account.map_or_else(String::new, |account| format!(" for account `{account}`"));
    Failure::not_good(anyhow!(
        "{number} is not in the register{of_account}. To add numbers, run `portoutd numbers import`"
    ))
}

#[derive(Debug, PartialEq, Eq)]
enum More {
    Yes,
    No,
}

/// The first rows up to a limit, and whether more exist.
async fn pages(
    pool: &PgPool,
    filter: &NumberFilter,
    limit: u32,
) -> Result<(Vec<RegisterRow>, More), Failure> {
    let wanted = limit as usize;
    let mut rows: Vec<RegisterRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| (row.account.clone(), row.number));
        let page = numbers::list_numbers(pool, filter, after.as_ref(), i64::from(PAGE))
            .await
            .map_err(database::failed)?;
        let last_page = page.len() < PAGE as usize;
        rows.extend(page);
        if rows.len() > wanted {
            rows.truncate(wanted);
            return Ok((rows, More::Yes));
        }
        if last_page {
            return Ok((rows, More::No));
        }
    }
}

/// The E.164 form of a prefix such as `1312`, `312 555` or `+1 312`.
fn prefix(typed: &str) -> String {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let international = typed.trim_start().starts_with('+') || digits.starts_with('1');
    if international {
        format!("+{digits}")
    } else {
        format!("+1{digits}")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::engine::intake::register_import::under_key;
    use crate::register;
    use crate::store::numbers::keep_numbers;

    #[test]
    fn a_prefix_can_be_typed_in_several_ways() {
        for typed in ["+1312", "1312", "312", "(312)", "+1 312"] {
            assert_eq!(prefix(typed), "+1312", "{typed}");
        }
        assert_eq!(prefix("+353"), "+353");
    }

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        list: ListArgs,
    }

    async fn fill(pool: &PgPool, rows: &str) {
        let header = "number,account,pin,zip,name,address,frozen,tags\n";
        let key = crate::domain::PinKey::from_hex(&"ab".repeat(32)).unwrap();
        let entries = register::read_csv(format!("{header}{rows}").as_bytes()).unwrap();
        let batch = under_key(entries, Some(&key)).unwrap();
        let noon = "2026-11-21T12:00:00Z".parse().unwrap();
        keep_numbers(pool, batch.rows(), noon).await.unwrap();
    }

    #[sqlx::test]
    async fn a_number_is_shown_to_people_and_programs_without_its_pin(pool: PgPool) {
        fill(
            &pool,
            "3125550123,,4711,60601,Ann Smith,1 Main St,yes,vip gold\n3125550124,east,,,,,,\n",
        )
        .await;
        let (rows, more) = pages(&pool, &NumberFilter::default(), 100).await.unwrap();
        assert_eq!(more, More::No);
        let json = serde_json::to_string_pretty(&shown::rows(&rows)).unwrap();
        let table = Typed::parse_from(["list"]).list.selection().unwrap();
        let table = table.table(&shown::rows(&rows)).unwrap();
        let cards: String = rows.iter().map(shown::card).collect();
        insta::assert_snapshot!(format!("{}\n{cards}\n{json}", table.without_styles()));
    }

    #[sqlx::test]
    async fn a_list_stops_at_its_limit_and_reports_that_there_is_more(pool: PgPool) {
        fill(&pool, "3125550123,,,,,,,\n3125550124,,,,,,,\n").await;
        let listed = async |limit| {
            let (rows, more) = pages(&pool, &NumberFilter::default(), limit).await.unwrap();
            (rows.len(), more)
        };
        assert_eq!(listed(1).await, (1, More::Yes));
        assert_eq!(listed(2).await, (2, More::No));
    }
}
