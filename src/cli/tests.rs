use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::Cli;

/// Clap asserts this in debug builds alone, and this program is tested as it is released.
#[test]
fn no_two_options_of_a_command_have_a_name_in_common() {
    let mut program = Cli::command();
    program.build();
    check(&program);
}

fn check(command: &clap::Command) {
    let mut names = BTreeSet::new();
    for option in command.get_arguments() {
        let short = option.get_short().map(|letter| format!("-{letter}"));
        let long = option.get_long().map(|word| format!("--{word}"));
        for name in short.into_iter().chain(long) {
            assert!(names.insert(name.clone()), "`{}` has {name} twice", command.get_name());
        }
    }
    command.get_subcommands().for_each(check);
}
