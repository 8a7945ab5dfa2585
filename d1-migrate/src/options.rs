//! Options that several commands have, and what they mean.

use std::path::PathBuf;

use super::error::Error;
use super::exit::Exit;
use super::project::Project;
use super::target::Target;

/// Which configuration and database.
#[derive(Debug, clap::Args)]
struct Place {
    /// Environment of the wrangler configuration, by default its top level
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Binding or name of the database, when the environment has several
    #[arg(long, value_name = "NAME")]
    binding: Option<String>,
    /// Wrangler configuration, by default the nearest wrangler.json, wrangler.jsonc or wrangler.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn project(&self) -> Result<Project, Error> {
        Project::read(
            self.config.as_deref(),
            self.env.as_deref(),
            self.binding.as_deref(),
        )
    }
}

/// A command on the project's files.
#[derive(Debug, clap::Args)]
pub struct OnFiles<A: clap::Args> {
    #[command(flatten)]
    own: A,
    #[command(flatten)]
    place: Place,
}

impl<A: clap::Args> OnFiles<A> {
    pub fn run(self, run: impl FnOnce(&Project, &A) -> Result<Exit, Error>) -> Result<Exit, Error> {
        run(&self.place.project()?, &self.own)
    }
}

/// A command on a database.
#[derive(Debug, clap::Args)]
pub struct OnDatabase<A: clap::Args> {
    #[command(flatten)]
    own: A,
    #[command(flatten)]
    place: Place,
    /// Use the local database of --env NAME; without this the remote one is used
    #[arg(long)]
    local: bool,
    /// Use the remote database of the top level; without this the local one is used
    #[arg(long, conflicts_with = "local")]
    remote: bool,
}

impl<A: clap::Args> OnDatabase<A> {
    pub fn run(
        self,
        run: impl FnOnce(&Target<'_>, &A) -> Result<Exit, Error>,
    ) -> Result<Exit, Error> {
        let project = self.place.project()?;
        run(&Target::new(&project, self.local, self.remote), &self.own)
    }
}

/// A command on a local database.
#[derive(Debug, clap::Args)]
pub struct OnLocal<A: clap::Args> {
    #[command(flatten)]
    own: A,
    #[command(flatten)]
    place: Place,
    /// Use the local database of --env NAME; required with --env
    #[arg(long)]
    local: bool,
}

impl<A: clap::Args> OnLocal<A> {
    pub fn run(
        self,
        run: impl FnOnce(&Target<'_>, &A) -> Result<Exit, Error>,
    ) -> Result<Exit, Error> {
        let project = self.place.project()?;
        run(&Target::new(&project, self.local, false), &self.own)
    }
}

/// A command that asks.
#[derive(Debug, clap::Args)]
pub struct Asks<A: clap::Args> {
    #[command(flatten)]
    pub own: A,
    /// Answer every question with yes
    #[arg(long)]
    pub yes: bool,
}
