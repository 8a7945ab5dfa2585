//! The page docs/FEEDS.md, from the table of formats.

use std::fmt::Write;

use crate::format::{Company, IdScope, Spec};
use crate::formats::FORMATS;

/// The page as Markdown.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str(
        "| `--format` | feed | employer | ids unique within | complete |\n|---|---|---|---|---|\n",
    );
    for spec in FORMATS {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| [`{}`](#{}) | {} | {} | {} | {} |",
            spec.format.name(),
            spec.format.name(),
            spec.title,
            match spec.company {
                Company::Stated => "in the feed",
                Company::Sometimes => "in the feed, or `--company-name`",
                Company::Parameter => "`--company-name`",
            },
            match spec.id_scope {
                IdScope::System => "the system",
                IdScope::Board => "the board",
                IdScope::Source => "the source",
            },
            spec.completeness,
        );
    }
    page.push_str(RULES);
    for spec in FORMATS {
        section(spec, &mut page);
    }
    page
}

fn section(spec: &Spec, page: &mut String) {
    let _ = writeln!(
        page,
        "\n## {}\n\n- Feed: {}\n- Call: {}\n- Marks: {}\n- Complete: {}\n- Lost: {}\n- Guessed: {}\n",
        spec.format.name(),
        spec.title,
        call(spec),
        spec.marks,
        spec.completeness,
        spec.lost,
        spec.guessed,
    );
    page.push_str("| field | from |\n|---|---|\n");
    for (field, from) in spec.fields {
        let _ = writeln!(page, "| {field} | {} |", from.replace('|', "\\|"));
    }
}

fn call(spec: &Spec) -> String {
    if spec.call.starts_with("https://") {
        format!("`GET {}`", spec.call)
    } else {
        spec.call.to_owned()
    }
}

const INTRODUCTION: &str = "\
# Feeds

Which feeds and files map to postings, where each field comes from, what is lost and what is guessed.
Written by `cargo run -p jobs-ingest-feeds --example docs > docs/FEEDS.md` from the table in
`feeds/src/format.rs`; a test compares the two.

Name the format: `{\"jobs\":[…]}` is the shape of six systems. The body is then checked by its marks,
and one without them is refused with what was expected. `auto` works only where the marks belong to one
format.

";

const RULES: &str = "
## Rules for all formats

- **Source and ids.** The source of a posting is `FORMAT:BOARD` unless the caller names another; the
  board is that of the call's URL, for `jobposting` its host, unless the caller names one. The id is the
  feed's own. One over 500 characters becomes `sha256-` and 32 hex digits.
- **Not stated is null.** Nothing is defaulted. A field that the call does not carry at all, such as the
  description in Greenhouse without `content=true`, is left out of the posting, so that `missing=keep`
  keeps what a fuller call delivered.
- **Employment type** (`jobType`) is a word of schema.org: FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY,
  INTERN, VOLUNTEER, PER_DIEM, OTHER. \"Permanent\" is a contract without an end and states no hours. The
  feed's own word is kept in `extra.employment_type_raw`.
- **Workplace** (`workMode`) is `onsite`, `hybrid` or `remote`. Hybrid wins over remote, a word of three
  values over a flag, and a flag that is false states nothing.
- **Pay** in numbers comes from structured fields only. 0 is not stated, ends in the wrong order are
  swapped, nothing is multiplied, no currency or period is assumed. Pay that the feed hides is not stored.
- **Places.** `location` has all of them, joined by \"; \", the main one first; `country`, `region` and
  `locality` are those of the main one; several are in `extra.locations`. Countries are mapped from codes
  and names to ISO 3166-1; \"Europe\" is none.
- **Rows of one id** become one posting, whatever their order: places are joined, and what one row lacks
  comes from another. (In the product's own files they stay as they are.)
- **Times** become UTC; a date stays a date. Read are RFC 3339, RFC 2822, `YYYY-MM-DD HH:MM:SS` with and
  without ` UTC`, and epoch seconds or milliseconds. A time without a zone is UTC and a warning; one that
  cannot be read is null and a warning.
- **Entities** of HTML are undone exactly once.
- **URLs** are http or https, at most 2,048 characters, without parameters that track (`utm_*`,
  `gh_src`, `lever-source` and the like).
- **People.** Names of recruiters, e-mail addresses and tokens are not stored: `extra` has chosen keys
  only, and custom fields that name a person or hold an address are left out.
- **Build times, counters in tags and the order of lists** do not reach a posting, except that the first
  place of a list is the main one where the feed names no other.
- **Skipped** are unlisted, internal, closed and prospect postings. A row that cannot be used (no id, not
  readable) makes the list incomplete.

## Complete lists

`--snapshot` closes what is absent, so it needs a list that is known to be complete. A list is not if it is
empty, if the feed's counter differs from its rows, if a row could not be used, if the body is one page of
several, or if the call has a parameter that selects a part.
";
