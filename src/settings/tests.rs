//! Tests of the settings and their problems.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

/// The bytes 0 to 31 in base64: of the right length, of no use.
const PUBLIC_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A machine as settings see it: a settings file, environment variables, and files that hold secrets.
#[derive(Default)]
struct Machine {
    file: Option<String>,
    environment: Vec<(String, String)>,
    secrets: BTreeMap<PathBuf, String>,
}

impl Machine {
    fn file(mut self, text: &str) -> Self {
        self.file = Some(text.to_owned());
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn secret(mut self, path: &str, text: &str) -> Self {
        self.secrets.insert(PathBuf::from(path), text.to_owned());
        self
    }

    fn load(&self) -> Result<Settings, Problems> {
        let read_file = |path: &Path| {
            let text = self.secrets.get(path).cloned();
            text.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        let file = self
            .file
            .clone()
            .map(|text| (PathBuf::from("conf/portoutd.toml"), text));
        Settings::from_layers(file, self.environment.clone(), &read_file)
    }

    fn problems(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

/// A machine with all that the service needs.
fn ready() -> Machine {
    Machine::default()
        .set("DATABASE_URL", "postgres://ann:hunter2@localhost/ports")
        .set("TELNYX_API_KEY", "KEY0123")
        .set("TELNYX_PUBLIC_KEY", PUBLIC_KEY)
}

#[test]
fn nothing_set_gives_the_defaults_and_shadow_mode() {
    let settings = Machine::default().load().unwrap();
    assert_eq!(settings.mode, Mode::Shadow);
    assert_eq!(settings.rules, PathBuf::from("rules.toml"));
    assert_eq!(settings.telnyx.base_url, "https://api.telnyx.com/v2");
    assert_eq!(settings.telnyx.poll_interval, Duration::from_mins(1));
    assert_eq!(settings.http.public_listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.http.admin_listen.to_string(), "127.0.0.1:8081");
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let settings = Machine::default()
        .file("mode = \"enforce\"\n[telnyx]\ntimeout = \"20s\"\npoll_interval = \"1h\"\nrequests_per_second = 0.5\n")
        .set("PORTOUTD__TELNYX__TIMEOUT", "30s")
        .set("PORTOUTD__MODE", "")
        .load()
        .unwrap();
    assert_eq!(settings.mode, Mode::Enforce, "an empty variable counts as unset");
    assert_eq!(settings.telnyx.timeout, Duration::from_secs(30));
    assert_eq!(settings.telnyx.poll_interval, Duration::from_hours(1));
    assert!((settings.telnyx.requests_per_second - 0.5).abs() < f64::EPSILON);
}

#[test]
fn a_path_in_the_file_is_meant_from_its_folder_and_one_in_the_environment_from_where_we_stand() {
    let in_file = Machine::default().file("rules = \"r.toml\"").load().unwrap();
    assert_eq!(in_file.rules, PathBuf::from("conf/r.toml"));
    let beside_file = Machine::default().file("").load().unwrap();
    assert_eq!(beside_file.rules, PathBuf::from("conf/rules.toml"));
    let absolute = Machine::default().file("rules = \"/srv/r.toml\"").load().unwrap();
    assert_eq!(absolute.rules, PathBuf::from("/srv/r.toml"));
    let in_environment = Machine::default()
        .file("")
        .set("PORTOUTD__RULES", "r.toml")
        .load()
        .unwrap();
    assert_eq!(in_environment.rules, PathBuf::from("r.toml"));
}

#[test]
fn every_problem_of_a_file_is_told_at_once_with_its_line() {
    insta::assert_snapshot!(Machine::default().file(include_str!("wrong.toml")).problems());
}

#[test]
fn every_problem_of_the_environment_is_told_with_its_variable() {
    let machine = Machine::default()
        .set("PORTOUTD__TELNYX__TIMOUT", "5s")
        .set("PORTOUTD__TELNYX__POLL_INTERVAL", "60")
        .set("PORTOUTD__TELNYX__REQUESTS_PER_SECOND", "NaN")
        .set("PORTOUTD__HTTP__WEBHOOKS", "yes")
        .set("PORTOUTD__ACCOUNTS__DEFAULT__API_KEY", "KEY0123")
        .set("PORTOUTD__COLOUR", "red")
        .set("PORTOUTD_MODE", "enforce")
        .set("TELNYX_API_KEY", "KEY0123")
        .set("PORTOUTD__TELNYX__API_KEY", "KEY4567");
    insta::assert_snapshot!(machine.problems());
}

#[test]
fn what_kubernetes_sets_for_a_service_of_our_name_is_no_problem() {
    let machine = Machine::default()
        .set("PORTOUTD_SERVICE_HOST", "10.0.0.1")
        .set("PORTOUTD_PORT_8080_TCP", "tcp://10.0.0.1:8080");
    assert!(machine.load().is_ok());
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    assert_eq!(
        Machine::default()
            .file("mode = \"shadow\"\nrules = \n")
            .problems(),
        "conf/portoutd.toml:2: this is not valid TOML: string values must be quoted, expected literal string"
    );
}

#[test]
fn the_api_key_never_travels_in_the_clear() {
    let base_url = |url: &str| Machine::default().set("PORTOUTD__TELNYX__BASE_URL", url).load();
    for good in [
        "https://api.telnyx.com/v2/",
        "http://127.0.0.1:8090/v2",
        "http://localhost:8090/v2",
        "http://[::1]:8090/v2",
    ] {
        let settings = base_url(good).unwrap();
        assert_eq!(settings.telnyx.base_url, good.trim_end_matches('/'));
    }
    for bad in [
        "http://api.telnyx.com/v2",
        "http://10.0.0.1/v2",
        "http://127.0.0.1.evil.example/v2",
        "http://localhost@evil.example/v2",
        "ftp://localhost/",
        "https://key@api.telnyx.com/v2",
        "https://api.telnyx.com/v2?x=1",
        "api.telnyx.com",
    ] {
        assert!(base_url(bad).is_err(), "{bad}");
    }
}

#[test]
fn two_listeners_on_one_port_are_refused() {
    let listeners = |public: &str, admin: &str| {
        Machine::default()
            .set("PORTOUTD__HTTP__PUBLIC_LISTEN", public)
            .set("PORTOUTD__HTTP__ADMIN_LISTEN", admin)
            .load()
    };
    assert!(listeners("127.0.0.1:9000", "127.0.0.1:9000").is_err());
    assert!(listeners("0.0.0.0:9000", "127.0.0.1:9000").is_err());
    assert!(listeners("127.0.0.1:9000", "127.0.0.2:9000").is_ok());
    assert!(
        listeners("127.0.0.1:0", "127.0.0.1:0").is_ok(),
        "the system picks two ports"
    );
}

#[test]
fn a_service_with_nothing_set_is_told_everything_it_lacks() {
    let settings = Machine::default()
        .set("PORTOUTD__ACCOUNTS__EAST__PUBLIC_KEY", "short")
        .load()
        .unwrap();
    insta::assert_snapshot!(settings.for_serve().unwrap_err());
    let settings = Machine::default().load().unwrap();
    insta::assert_snapshot!(settings.for_serve().unwrap_err());
}

#[test]
fn webhooks_need_a_public_key_and_polling_alone_does_not() {
    let machine = Machine::default()
        .set("DATABASE_URL", "postgres://localhost/ports")
        .set("TELNYX_API_KEY", "KEY0123");
    insta::assert_snapshot!(machine.load().unwrap().for_serve().unwrap_err());
    let serving = machine
        .set("PORTOUTD__HTTP__WEBHOOKS", "false")
        .load()
        .unwrap()
        .for_serve()
        .unwrap();
    assert!(serving.accounts[0].public_key.is_none());
}

#[test]
fn a_secret_is_found_in_a_file_and_without_its_line_end() {
    let serving = Machine::default()
        .set("DATABASE_URL_FILE", "/run/url")
        .set("TELNYX_API_KEY_FILE", "/run/key")
        .set("PORTOUTD__TELNYX__PUBLIC_KEY_FILE", "/run/public")
        .set("PORTOUTD__PIN_KEY_FILE", "/run/pin")
        .secret("/run/url", "postgres://localhost/ports\n")
        .secret("/run/key", "KEY0123\r\n")
        .secret("/run/public", PUBLIC_KEY)
        .secret("/run/pin", &"ab".repeat(32))
        .load()
        .unwrap()
        .for_serve()
        .unwrap();
    assert_eq!(serving.database_url.expose_secret(), "postgres://localhost/ports");
    assert_eq!(serving.accounts[0].api_key.expose_secret(), "KEY0123");
    assert_eq!(serving.accounts[0].public_key.as_deref(), Some(PUBLIC_KEY));
    assert!(serving.pin_key.is_some());
}

#[test]
fn systemd_credentials_are_found_and_the_environment_wins_over_them() {
    let machine = ready()
        .file("[telnyx]\npublic_key = \"of the file\"")
        .set("CREDENTIALS_DIRECTORY", "/run/credentials")
        .secret("/run/credentials/telnyx_api_key", "KEY-of-systemd")
        .secret("/run/credentials/pin_key", &"ab".repeat(32));
    let serving = machine.load().unwrap().for_serve().unwrap();
    assert_eq!(serving.accounts[0].api_key.expose_secret(), "KEY0123");
    assert!(serving.pin_key.is_some());

    let machine = Machine::default()
        .file("telnyx.api_key = \"KEY-of-the-file\"")
        .set("CREDENTIALS_DIRECTORY", "/run/credentials")
        .secret("/run/credentials/telnyx_api_key", "KEY-of-systemd");
    let accounts = machine.load().unwrap().accounts().unwrap();
    assert_eq!(accounts[0].api_key.expose_secret(), "KEY-of-systemd");
}

#[test]
fn a_secret_in_one_form_takes_back_the_other_form_of_a_lower_layer() {
    let machine = Machine::default()
        .file("telnyx.api_key_file = \"/not/there\"")
        .set("TELNYX_API_KEY", "KEY0123");
    let accounts = machine.load().unwrap().accounts().unwrap();
    assert_eq!(accounts[0].api_key.expose_secret(), "KEY0123");
}

#[test]
fn a_secret_file_that_is_missing_or_empty_harms_only_who_needs_it() {
    let settings = ready()
        .set("PORTOUTD__PIN_KEY_FILE", "/run/pin")
        .set("PORTOUTD__ACCOUNTS__EAST__API_KEY_FILE", "/run/east")
        .secret("/run/east", " \n")
        .load()
        .unwrap();
    assert!(settings.database_url().is_ok());
    insta::assert_snapshot!(settings.for_serve().unwrap_err());
}

#[test]
fn a_file_without_a_pin_key_is_told_without_what_it_holds() {
    let settings = ready()
        .set("PORTOUTD__PIN_KEY_FILE", "/run/pin")
        .secret("/run/pin", "4711")
        .load()
        .unwrap();
    let told = settings.pin_key().unwrap_err().to_string();
    assert!(
        told.contains("portoutd keygen") && !told.contains("4711"),
        "{told}"
    );
}

#[test]
fn a_database_url_of_another_kind_is_refused_without_showing_it() {
    let settings = Machine::default()
        .set("DATABASE_URL", "mysql://ann:hunter2@db/x")
        .load()
        .unwrap();
    let told = settings.database_url().unwrap_err().to_string();
    assert!(told.contains("environment variable DATABASE_URL"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn one_telnyx_account_under_two_names_is_refused() {
    let settings = ready()
        .set("PORTOUTD__ACCOUNTS__EAST__API_KEY", "KEY0123")
        .load()
        .unwrap();
    let told = settings.accounts().unwrap_err().to_string();
    assert!(
        told.contains("`accounts.east.api_key` is also the API key of account `default`"),
        "{told}"
    );
}

#[test]
fn named_accounts_stand_beside_the_default_one_or_alone() {
    let names = |machine: Machine| -> Vec<String> {
        let accounts = machine.load().unwrap().accounts().unwrap();
        accounts.iter().map(|account| account.name.to_string()).collect()
    };
    let east = |machine: Machine| machine.set("PORTOUTD__ACCOUNTS__EAST__API_KEY", "KEY-east");
    assert_eq!(names(east(ready())), ["default", "east"]);
    assert_eq!(names(east(Machine::default())), ["east"]);
    let file = "[accounts.west-2]\napi_key = \"KEY-west\"\n";
    assert_eq!(names(east(Machine::default()).file(file)), ["east", "west-2"]);
}

#[test]
fn nothing_secret_is_shown_by_debug_or_by_the_list_of_settings() {
    let settings = ready().load().unwrap();
    let shown = format!("{settings:?} {settings} {:?}", settings.for_serve().unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("KEY0123"),
        "{shown}"
    );
    assert!(settings.to_string().contains("telnyx.api_key = \"(hidden)\""));
}

#[test]
fn the_list_of_settings_is_a_settings_file_that_gives_the_same() {
    let first = Machine::default()
        .set("PORTOUTD__MODE", "enforce")
        .load()
        .unwrap();
    let second = Settings::from_layers(
        Some((PathBuf::from("portoutd.toml"), first.to_string())),
        [],
        &|_| Err(io::Error::from(io::ErrorKind::NotFound)),
    )
    .unwrap();
    assert_eq!(second.to_string(), first.to_string());
}

#[test]
fn the_bounds_of_list_files_are_a_size_and_a_share() {
    let lists = |text: &str| ready().file(&format!("[lists]\n{text}\n")).load();
    let defaults = lists("").unwrap().lists;
    assert_eq!((defaults.max_size, defaults.max_shrink_percent), (512 << 20, 10));
    let set = lists("max_size = \"2 GiB\"\nmax_shrink = \"0%\"").unwrap().lists;
    assert_eq!((set.max_size, set.max_shrink_percent), (2 << 30, 0));
    for wrong in [
        "max_size = \"512\"",
        "max_size = \"1 KB\"",
        "max_size = \"0KiB\"",
        "max_size = \"99999999999GiB\"",
    ] {
        let told = lists(wrong).unwrap_err().to_string();
        assert!(
            told.contains("whole number of KiB, MiB or GiB from `1KiB` to `64GiB`"),
            "{told}"
        );
    }
    for wrong in [
        "max_shrink = \"101%\"",
        "max_shrink = \"0.1\"",
        "max_shrink = \"-1%\"",
    ] {
        let told = lists(wrong).unwrap_err().to_string();
        assert!(
            told.contains("whole number of percent from `0%` to `100%`"),
            "{told}"
        );
    }
}
