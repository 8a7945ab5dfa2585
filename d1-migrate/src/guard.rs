//! What stands between a command and a database that matters.

use std::io::Write as _;

use super::ask;
use super::config::Env;
use super::error::Error;
use super::report;
use super::target::Target;

/// File of the bookmarks, in `.wrangler` of the project: one JSON object a line.
pub const BOOKMARKS: &str = "bookmarks.jsonl";

/// Goes on only after consent; for production takes and stores a bookmark first.
pub fn pass(target: &Target<'_>, action: &str, yes: bool) -> Result<(), Error> {
    if !target.is_production() {
        return ask::confirm(&format!("{action} {}?", target.label()), yes);
    }
    let name = &target.project.database.name;
    let options = match &target.project.env {
        Env::TopLevel => "--remote".to_owned(),
        Env::Named(name) => format!("--env {name}"),
    };
    let question = match &target.project.env {
        Env::TopLevel => format!("This will {action} the remote database."),
        Env::Named(env) => format!("This will {action} {env}."),
    };
    ask::confirm_by_name(&question, name, &options, yes)?;
    let bookmark = report::progress("taking a Time Travel bookmark", || target.bookmark())?;
    let command = target.restore_command(&bookmark);
    store(target, action, &bookmark, &command)?;
    report::talk(&format!("bookmark: {bookmark}"));
    report::talk(&format!(
        "to restore the database to this moment: {command}"
    ));
    Ok(())
}

fn store(target: &Target<'_>, action: &str, bookmark: &str, command: &str) -> Result<(), Error> {
    let dir = target.project.config.root.join(".wrangler");
    let path = dir.join(BOOKMARKS);
    let line = serde_json::json!({
        "environment": target.project.env.label(),
        "database": target.project.database.name,
        "action": action,
        "bookmark": bookmark,
        "restore": command,
    });
    std::fs::create_dir_all(&dir)
        .and_then(|()| {
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
        })
        .and_then(|mut file| writeln!(file, "{line}"))
        .map_err(|source| Error::Write { path, source })
}
