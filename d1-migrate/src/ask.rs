//! Questions on the terminal. Without one there is no answer, and nothing is assumed: a command that would change a
//! database or replace a file stops.

use std::io::IsTerminal as _;

use inquire::{Confirm, InquireError, Select, Text};

use super::error::Error;

/// Whether somebody is there to answer.
pub fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn failed(error: InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => Error::Declined,
        other => Error::Prompt(other.to_string()),
    }
}

/// Goes on only after a yes.
pub fn confirm(question: &str, yes: bool) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    if !is_terminal() {
        return Err(Error::NotATerminal {
            hint: "add --yes to go ahead".to_owned(),
        });
    }
    let answer = Confirm::new(question).with_default(false).prompt();
    if answer.map_err(failed)? {
        Ok(())
    } else {
        Err(Error::Declined)
    }
}

/// Goes on without a terminal, or after a yes: for what changes no database.
pub fn confirm_if_asked(question: &str, yes: bool) -> Result<(), Error> {
    confirm(question, yes || !is_terminal())
}

/// Goes on only after the name was typed. `options` choose the database on the command line.
pub fn confirm_by_name(question: &str, name: &str, options: &str, yes: bool) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    if !is_terminal() {
        return Err(Error::NotATerminal {
            hint: format!("add --yes {options} to go ahead without one"),
        });
    }
    let given = Text::new(&format!("{question} Type its name, {name}:"))
        .prompt()
        .map_err(failed)?;
    if given.trim() == name {
        Ok(())
    } else {
        Err(Error::WrongName {
            given: given.trim().to_owned(),
            expected: name.to_owned(),
        })
    }
}

/// One of several, by index.
pub fn choose(question: &str, choices: Vec<String>) -> Result<usize, Error> {
    let answer = Select::new(question, choices)
        .raw_prompt()
        .map_err(failed)?;
    Ok(answer.index)
}
