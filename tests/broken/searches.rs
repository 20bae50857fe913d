//! Settings of ERPCNet's stages that make no sense, and data that do not fit them.

use super::fails;
use crate::support::Project;

/// A small planted world with both stages, a search and its scores.
const SOUND: &str = r#"
[experiment]
name = "broken"

[stage.maps]
kind = "synthesize-maps"
params = { values = 3, seen_classes = 6, validation_classes = 2, unseen_classes = 2, images_per_seen_class = 4, images_per_unseen_class = 2, channels = 4, planes = 2 }

[stage.split]
kind = "split-classes"
inputs = { samples = "maps", attributes = "maps" }
params = { role_column = "role" }

[stage.network]
kind = "train-erpcnet"
inputs = { features = "maps", samples = "maps", attributes = "maps", train = "split", model = "maps" }
params = { epochs = 1, looks = 3 }

[stage.looks]
kind = "embed-looks"
inputs = { network = "network", features = "maps", model = "maps" }

[stage.beta]
kind = "weigh-cells"
inputs = { features = "maps" }

[stage.agent]
kind = "train-search"
inputs = { network = "network", features = "maps", looks = "looks", weights = "beta", samples = "maps", attributes = "maps", train = "split" }
params = { epochs = 1, policy = { hidden = [4, 4], memory = 4 } }

[stage.see]
kind = "search"
inputs = { network = "network", agent = "agent", features = "maps", looks = "looks", weights = "beta", samples = "maps", attributes = "maps", test_seen = "split", test_unseen = "split" }

[stage.score]
kind = "score-search"
inputs = { traces = "see" }
"#;

/// The sound project with lines of it changed.
fn changed(changes: &[(&str, &str)]) -> Project {
    let mut text = SOUND.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let project = Project::new();
    project.file("x.toml", text);
    project
}

fn with(stage: &str, params: &str) -> Project {
    let old = match stage {
        "network" => "params = { epochs = 1, looks = 3 }",
        "agent" => "params = { epochs = 1, policy = { hidden = [4, 4], memory = 4 } }",
        "beta" => "kind = \"weigh-cells\"",
        "see" => "kind = \"search\"",
        "score" => "kind = \"score-search\"",
        other => panic!("no parameters for `{other}`"),
    };
    let new = if old.starts_with("kind") {
        format!("{old}\nparams = {{ {params} }}")
    } else {
        format!("params = {{ {params} }}")
    };
    changed(&[(old, &new)])
}

#[test]
fn settings_without_sense_are_found_before_anything_runs() {
    let fails = |name: &str, stage: &str, params: &str| fails(name, &with(stage, params), 3);
    fails("search_sigma_out_of_reach", "agent", "guidance = \"none\", stop = { sigma = 2.5 }");
    fails("search_discount", "agent", "reward = { discount = 1.01 }");
    fails("search_reward_form", "agent", "reward = { form = \"absolut\" }");
    fails("search_hidden", "agent", "policy = { hidden = [128] }");
    fails("search_deviation", "agent", "policy = { deviation = 0.0 }");
    fails("search_two_ends", "score", "stop = { sigma = 0.5, mean_steps = 2.0 }");
    fails("search_dropout", "network", "dropout = 1.0");
    fails(
        "search_no_loss",
        "network",
        "losses = { global = 0, local = 0, joint = 0, largest = 0 }",
    );
    fails("search_entropy_definition", "beta", "definition = \"shannon\"");
}

#[test]
fn what_only_the_data_can_tell_is_said_where_it_happens() {
    let fails = |name: &str, stage: &str, params: &str| fails(name, &with(stage, params), 4);
    fails("search_more_looks_than_cells", "network", "looks = 17");
    fails("search_window_too_large", "network", "window = 15");
    fails("search_tap_is_not_the_tails", "network", "tail_from = \"embedding\"");
    fails("search_no_such_map", "network", "map = \"layer3\"");
    fails("search_more_looks_than_learnt", "agent", "looks = 4");
    fails("search_weighted_sigma_out_of_reach", "agent", "stop = { sigma = 50.0 }");
    fails("search_diverges", "network", "learning_rate = 1e30, epochs = 2");
}

#[test]
fn stages_that_do_not_belong_together_are_named() {
    let fit = [
        (
            "params = { epochs = 1, looks = 3 }",
            "params = { epochs = 1, looks = 3, part = \"fit\" }",
        ),
        ("epochs = 1, policy", "epochs = 1, policy"),
    ];
    fails("search_test_images_of_a_fit", &changed(&fit), 4);
    let no_weights = [(
        "looks = \"looks\", weights = \"beta\", samples = \"maps\", attributes = \"maps\", test",
        "looks = \"looks\", samples = \"maps\", attributes = \"maps\", test",
    )];
    fails("search_without_its_weights", &changed(&no_weights), 4);
    let no_guide = [(
        "inputs = { network = \"network\", agent = \"agent\", features = \"maps\", looks = \"looks\"",
        "inputs = { network = \"network\", agent = \"agent\", features = \"maps\"",
    )];
    fails("search_without_looks", &changed(&no_guide), 4);
}
