//! A browser, driven through chromedriver's HTTP interface (W3C WebDriver): no more of it than the tests need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The browsers that may be there, besides what the driver finds by itself.
const BROWSERS: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

/// A driver with one session.
pub struct Driver {
    child: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

impl Driver {
    /// Starts one; none, said loudly, where chromedriver or a browser is missing.
    pub fn start() -> Option<Driver> {
        let browser = BROWSERS.iter().find(|path| std::path::Path::new(path).exists());
        let child = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let (Some(browser), Ok(mut child)) = (browser, child) else {
            // Past the capture of the test's output: it must be seen.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no chromium with chromedriver is installed; the page was not tried"
            );
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("successfully on port ")
                    .map(|(_, port)| port.trim_end_matches('.').to_owned())
            })
            .expect("the driver says its port")
            .parse()
            .expect("a port");
        // Who reads no further must not be in the way of who writes.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir_in(crate::support::scratch()).unwrap();
        let mut driver = Driver { child, port, session: String::new(), _profile: profile };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,900",
        ];
        let mut arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", driver._profile.path().display()));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": browser, "args": arguments}
        }}});
        let session = driver.send("POST", "/session", &capabilities);
        driver.session = format!("/session/{}", session["sessionId"].as_str().expect("a session"));
        Some(driver)
    }

    /// Opens a page and waits until it is there.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Clicks as a person does: what is hidden or covered cannot be clicked.
    pub fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.find(selector)), &json!({}));
    }

    /// Types text.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.post(&format!("/element/{}/value", self.find(selector)), &json!({ "text": text }));
    }

    /// The text that can be seen.
    pub fn text(&self, selector: &str) -> String {
        let path = format!("{}/element/{}/text", self.session, self.find(selector));
        self.send("GET", &path, &Value::Null).as_str().unwrap().to_owned()
    }

    /// The list of texts that a script returns.
    pub fn texts(&self, script: &str) -> Vec<String> {
        let texts = self.post("/execute/sync", &json!({ "script": script, "args": [] }));
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    fn find(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.send("POST", &format!("{}{path}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.request(method, path, body).unwrap();
        assert!(answer["value"]["error"].is_null(), "{method} {path} {body}\n{answer:#}");
        answer["value"].clone()
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        Ok(serde_json::from_slice(&answer)?)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Ends the browser, also of a test that failed.
        if !self.session.is_empty() {
            let _ = self.request("DELETE", &self.session, &Value::Null);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
