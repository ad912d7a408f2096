//! Shows one sample screen, for looking at the design: `cargo run -p panel-app --example gallery -- offer en`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::sync::{Arc, Mutex};

use panel_app::core;
use panel_app::core::{Command, Language, View};
use panel_app::program;
use panel_app::ui::{self, Panel, WindowOptions};

// The same views as in the tests; `crate::core` in them is the import above.
#[path = "../src/ui/samples.rs"]
#[allow(dead_code)]
mod samples;

/// A device that only ever changes its language.
struct Still(Mutex<Arc<View>>);

impl Panel for Still {
    fn view(&self) -> Arc<View> {
        self.0.lock().unwrap().clone()
    }

    fn send(&self, command: Command) {
        if let Command::SetLanguage(language) = command {
            let mut view = self.0.lock().unwrap();
            *view = Arc::new(View { language, ..View::clone(&view) });
        } else {
            eprintln!("{command:?}");
        }
    }

    fn set_waker(&self, _wake: Box<dyn Fn() + Send + Sync>) {}
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (wanted, language) = (args.next(), args.next());
    let all = samples::all();
    let Some((_, mut view)) = all.iter().find(|(name, _)| Some(*name) == wanted.as_deref()).cloned() else {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        println!("{}", names.join("\n"));
        return;
    };
    view.language = if language.as_deref() == Some("en") { Language::En } else { Language::Ja };
    if let Err(error) = ui::run(Still(Mutex::new(Arc::new(view))), WindowOptions::default()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
