//! `launch COMMAND ARGUMENTS`: compiles a command of the workspace and runs it. `cargo run --quiet` is silent while it
//! compiles, which takes minutes when nothing is cached.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A command, and roughly how long its compilation takes on two cores.
struct Target {
    program: &'static str,
    package: &'static str,
    about: &'static str,
}

const TARGETS: [Target; 2] = [
    Target {
        program: "d1-migrate",
        package: "d1-migrate",
        about: "1 min",
    },
    Target {
        program: "jobs-ingest",
        package: "jobs-ingest-cli",
        about: "2 min",
    },
];

/// A build in which nothing has changed ends sooner.
const SILENT_FOR: Duration = Duration::from_millis(400);

/// How often the build is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let name = arguments.next().unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| name == target.program) else {
        eprintln!("error: unknown command '{}'", name.display());
        return ExitCode::from(64);
    };
    match launch(target, arguments.collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: cannot run {}: {error}", target.program);
            ExitCode::FAILURE
        }
    }
}

fn launch(target: &Target, arguments: Vec<OsString>) -> io::Result<ExitCode> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--package", target.package])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    launch::forget_package(&mut cargo);
    let status = wait(cargo.spawn()?, target)?;
    if !status.success() {
        return Ok(exit_code(status));
    }
    run(Command::new(path(target)?).args(arguments))
}

/// Waits for the build. If it is not done at once, says what takes how long.
fn wait(mut build: Child, target: &Target) -> io::Result<ExitStatus> {
    let since = Instant::now();
    let mut announced = false;
    loop {
        if let Some(status) = build.try_wait()? {
            if announced && status.success() {
                eprintln!("    done in {:.1} s", since.elapsed().as_secs_f64());
            }
            return Ok(status);
        }
        if !announced && since.elapsed() >= SILENT_FOR {
            eprintln!(
                "==> compiling {} (about {} when nothing is cached)",
                target.program, target.about
            );
            announced = true;
        }
        sleep(POLL);
    }
}

/// The program is beside this one: both are built by the same cargo.
fn path(target: &Target) -> io::Result<PathBuf> {
    let name = format!("{}{}", target.program, std::env::consts::EXE_SUFFIX);
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// Becomes the program, so that signals and its exit code are its own.
#[cfg(unix)]
fn run(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

#[cfg(not(unix))]
fn run(command: &mut Command) -> io::Result<ExitCode> {
    command.status().map(exit_code)
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
