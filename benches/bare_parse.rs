//! Parses manifests and does nothing else: what `cxguard check` is measured against.

use std::path::PathBuf;

use cxguard::manifests::{discover, nodes};

fn main() {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (inputs, _) = discover(&paths);
    // Printed, so that nothing of it is left out as of no use.
    #[expect(clippy::print_stdout, reason = "a program of its own")]
    {
        println!("{}", nodes(&inputs, threads));
    }
}
