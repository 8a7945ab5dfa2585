//! `jobs-ingest man`: a man page per command.

use std::path::PathBuf;

use d1_migrate::exit::Exit;

/// Write a man page for each command into a folder
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  jobs-ingest man ~/.local/share/man/man1 && man jobs-ingest-push")]
pub struct Args {
    folder: PathBuf,
}

pub fn run(args: &Args, program: clap::Command) -> Exit {
    let folder = &args.folder;
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(program, folder));
    match written {
        Ok(()) => Exit::Ok,
        Err(cause) => {
            eprintln!("error: cannot write to {}: {cause}", folder.display());
            Exit::Error
        }
    }
}
