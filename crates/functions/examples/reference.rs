//! Holds every statistic against a file of reference values, through SQL.
//!
//! ```text
//! cargo run -p spanlake-functions --example reference -- reference.json
//! ```
//!
//! The file has `cases` of {id, fn, inputs, params, expected, rtol, atol}; `null` in `expected` stands for SQL NULL. A case
//! agrees when every value of `expected` does, each found by the SQL that the tables in `checks/` name for it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers: input is trusted, output is the point"
)]

mod checks;

#[tokio::main]
async fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: reference FILE");
        return;
    };
    let file = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for line in checks::run(&file).await.lines {
        println!("{line}");
    }
}
