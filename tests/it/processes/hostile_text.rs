//! Text from outside that acts on a terminal, in every column of the database: no verb prints it unescaped.

use sqlx::PgPool;

use super::older_rows::{READERS, prepared, serve_past_the_deadline, site_with_orders, write_old_rows};
use super::program::portoutd;
use super::pty::{self, OnTerminal};

/// Clears the screen, hides and reorders text, sets the title of the window, and continues on another line.
const HOSTILE: &str = "evil\u{1b}[2J\u{1b}[8m\u{1b}]0;title\u{7}\u{9b}31m\u{85}\u{7f}\u{202e}\u{2066}\u{200e}\u{200f}\u{61c}\u{2028}\r\u{8}end";

/// The part of it that may be in a TOML file.
const REORDERED: &str = "evil\u{202e}\u{2066}\u{200e}\u{200f}\u{61c}\u{2028}end";

/// Verbs that print parts of the files.
const FILE_READERS: [&str; 9] = [
    "check broken.toml",
    "test broken.toml",
    "fmt --check broken.toml",
    "check reordered.toml",
    "rules show reordered.toml --source",
    "rules show reordered.toml --lists",
    "rules diff rules.toml reordered.toml",
    "rules diff rules.toml reordered.toml --text",
    "fmt --diff reordered.toml",
];

/// The characters of the text that must not reach a terminal.
fn hostile() -> Vec<char> {
    HOSTILE.chars().filter(|c| !(' '..='~').contains(c)).collect()
}

#[sqlx::test]
async fn no_verb_prints_hostile_text_unescaped_on_a_terminal(pool: PgPool) {
    let (site, orders) = site_with_orders(pool).await;
    let mut connection = write_old_rows(&site, |_, column| format!("{column} {HOSTILE}")).await;
    site.write("broken.toml", &format!("version = 1\n{HOSTILE} = 3\n"));
    site.write(
        "reordered.toml",
        &format!("version =    1 # {REORDERED}\n[lists.a]\ntype = \"text\"\nvalues = [\"{REORDERED}\"]\n"),
    );
    let mut commands = prepared(&site, &orders).await;
    commands.extend(FILE_READERS.map(|command| {
        let arguments = command.split(' ').map(str::to_owned).collect();
        (command, arguments)
    }));
    let mut leaks = Vec::new();
    let mut escaped = 0;
    for (name, arguments) in commands {
        let mut command = portoutd();
        command.args(&arguments);
        site.furnish(&mut command);
        command.env("NO_COLOR", "1");
        let session = tokio::task::spawn_blocking(|| pty::run(command, OnTerminal::Output, ""))
            .await
            .unwrap();
        let printed = format!("{}{}", session.screen, session.log);
        let found: Vec<char> = printed.chars().filter(|c| hostile().contains(c)).collect();
        if !found.is_empty() {
            leaks.push(format!("`{name}` prints {found:?}: {printed:?}"));
        }
        escaped += usize::from(printed.contains("evil"));
    }
    let log = serve_past_the_deadline(&site, &mut connection).await.log;
    let found: Vec<char> = log.chars().filter(|c| hostile().contains(c)).collect();
    assert!(log.contains("evil") && found.is_empty(), "{found:?}: {log:?}");
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    assert!(
        escaped > READERS.len() / 3,
        "only {escaped} verbs print the text at all"
    );
}
