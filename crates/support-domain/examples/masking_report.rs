//! Prints what docs/masking.md says of the rules and of how much they find: `cargo run -p support-domain --example
//! masking_report`. With `--missed` also each message of the samples that is masked wrongly.

#![expect(clippy::print_stdout, reason = "it is there to print")]

#[path = "../tests/masking/measure.rs"]
mod measure;
#[path = "../tests/masking/report.rs"]
mod report;

fn main() {
    print!("{}", report::report());
    if std::env::args().any(|argument| argument == "--missed") {
        for samples in &measure::SAMPLES {
            let measured = samples.measure();
            println!("\n{}: missed {:#?}\nmasked without need {:#?}", samples.name, measured.missed, measured.changed);
        }
    }
}
