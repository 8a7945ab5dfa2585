//! From the arguments to lists of postings.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jobs_ingest_core::query::is_source;
use jobs_ingest_feeds::{Completeness, Format, Item, Request, Summary, map_pages, map_stream};

use super::args::Args;
use super::content::Content;
use super::detected::detected;
use super::error::Error;
use super::fetch::Fetcher;

/// One list, or a part of one.
#[derive(Debug)]
pub struct Input {
    pub name: String,
    pub request: Request,
    /// Its pages, or the parts of a file.
    bodies: Vec<Content>,
}

/// Reads, fetches or spools all inputs.
pub fn open(args: &Args) -> Result<Vec<Input>, Error> {
    if let Some(source) = args.source.as_ref().filter(|source| !is_source(source)) {
        return Err(Error::InvalidSource {
            source_name: source.clone(),
        });
    }
    let fetcher = Fetcher::new();
    let mut inputs = Vec::new();
    for given in &args.inputs {
        let is_url = given.starts_with("https://") || given.starts_with("http://");
        let path = Path::new(given);
        if given == "-" {
            let content = Content::of_reader(io::stdin().lock())?;
            inputs.push(Input::new(args, "stdin", vec![content])?);
        } else if is_url {
            let format = args.format.0;
            let format = format.or_else(|| Format::from_url(given).map(|(format, _)| format));
            let (format, bodies) = fetcher.fetch(given, format)?;
            let mut request = request(args, format);
            request.url = Some(given.clone());
            inputs.push(Input {
                name: given.clone(),
                request,
                bodies,
            });
        } else if path.is_dir() {
            inputs.extend(folder(args, path)?);
        } else {
            let content = Content::of_file(path.to_owned())?;
            inputs.push(Input::new(args, given, vec![content])?);
        }
    }
    Ok(inputs)
}

/// The files of a folder by format: those of one format are one list.
fn folder(args: &Args, folder: &Path) -> Result<Vec<Input>, Error> {
    let mut inputs: Vec<Input> = Vec::new();
    for path in files(folder)? {
        let content = Content::of_file(path.clone())?;
        let one = Input::new(args, &path.display().to_string(), vec![content])?;
        let same = |input: &&mut Input| input.request.format == one.request.format;
        match inputs.iter_mut().find(same) {
            Some(input) => input.bodies.extend(one.bodies),
            None => inputs.push(Input {
                name: folder.display().to_string(),
                ..one
            }),
        }
    }
    match inputs.is_empty() {
        true => Err(Error::EmptyFolder {
            path: folder.to_owned(),
        }),
        false => Ok(inputs),
    }
}

/// The files of a folder by name, without hidden ones and folders in it.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |cause| Error::Unreadable {
        path: folder.to_owned(),
        cause,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_file() && !name.as_encoded_bytes().starts_with(b".") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn request(args: &Args, format: Format) -> Request {
    let mut request = Request::new(format);
    request.source.clone_from(&args.source);
    request.company_name.clone_from(&args.company_name);
    request
}

impl Input {
    fn new(args: &Args, name: &str, bodies: Vec<Content>) -> Result<Self, Error> {
        let format = match (args.format.0, bodies.first()) {
            (Some(format), _) => format,
            (None, Some(body)) => detected(name, body)?,
            (None, None) => Format::Json,
        };
        Ok(Self {
            name: name.to_owned(),
            request: request(args, format),
            bodies,
        })
    }

    /// The source, if it is known without a posting.
    pub fn source(&self) -> Option<String> {
        let request = &self.request;
        let of_board = || Some(format!("{}:{}", request.format, request.board()?));
        request.source.clone().or_else(of_board)
    }

    /// Passes on each posting, in the same order each time.
    ///
    /// # Errors
    ///
    /// A body that cannot be mapped, or a file that has changed since the start. If the sink stops,
    /// the result is what was found until then.
    pub fn each(
        &self,
        sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
    ) -> Result<Vec<Summary>, Error> {
        let summaries = self.map(sink);
        if self.bodies.iter().any(Content::is_changed) {
            let name = self.name.clone();
            return Err(Error::Changed { name });
        }
        match summaries {
            Err(jobs_ingest_feeds::Error::Stopped) => Ok(Vec::new()),
            other => other.map_err(|cause| Error::Mapping {
                name: self.name.clone(),
                cause,
            }),
        }
    }

    fn map(
        &self,
        sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
    ) -> Result<Vec<Summary>, jobs_ingest_feeds::Error> {
        let request = &self.request;
        if request.format.streams() {
            let streams = self.bodies.iter().map(|body| {
                let mut open = || Ok(Box::new(body.open()?) as Box<dyn io::Read>);
                map_stream(request, &mut open, &mut |item| sink(item))
            });
            return streams.collect();
        }
        let bodies: io::Result<Vec<_>> = self.bodies.iter().map(Content::read).collect();
        let bodies = bodies?;
        let mapped = map_pages(request, bodies.iter().map(Vec::as_slice))?;
        drop(bodies);
        for item in mapped.postings {
            if sink(item).is_break() {
                break;
            }
        }
        Ok(vec![Summary {
            completeness: mapped.completeness,
            findings: mapped.findings,
        }])
    }
}

/// Why a list is not known to be complete.
pub fn gap(completeness: &Completeness) -> Option<String> {
    match completeness {
        Completeness::Complete { .. } => None,
        Completeness::Incomplete { why } => Some(why.to_string()),
        Completeness::Unknown { why } => Some((*why).to_owned()),
    }
}
