//! T9: two instances that share PostgreSQL and Redis, each with half of the streams, against one with all of them. What does
//! a delivery cost the servers together, and how much later does it come?
//!
//! One and two by turns. The one has Redis as well, so that the difference is what the second instance makes.

use crate::{
    ground::{Ground, Source},
    report::{Goal, Row, figure, millis, ratio},
    server::Server,
    service::{Service, ServicePlan},
    subject::Subject,
    trial::{self, Trial},
};

const PER_SECOND: u64 = 10;
/// Tokens of one instance are good at the other. Secret from nobody: it signs for as long as the scenario lasts.
const SECRET: &str = "the same at both, as long as the scenario lasts";

#[derive(Default)]
struct Figures {
    cpu_us: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    /// Of PostgreSQL and Redis, for each delivery.
    aside_us: Vec<f64>,
    trouble: Vec<String>,
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let watchers = ground.scale.small;
    let [mut one, mut two] = [Figures::default(), Figures::default()];
    for _ in 0..ground.scale.repeats {
        one.add(&measure(ground, 1, watchers).await?);
        two.add(&measure(ground, 2, watchers).await?);
    }
    for (count, figures) in [(1, &mut one), (2, &mut two)] {
        figures.tell(ground, count, watchers)?;
    }
    let cpu = ratio(two.cpu_us(), one.cpu_us());
    let Some(cpu) = cpu else {
        anyhow::bail!("the servers used too little CPU to compare")
    };
    let row = Row::new("instances", "T9", "CPU per delivery, two over one", cpu, "x");
    ground.row(row.goal(Goal::AtMost(1.3)))?;
    let later = two.p50_ms() - one.p50_ms();
    let row = Row::new("instances", "T9", "due to read p50, two less one", later, "ms");
    ground.row(row.goal(Goal::AtMost(3.0)))
}

async fn measure(ground: &Ground, instances: usize, watchers: usize) -> anyhow::Result<Trial> {
    let subject = start(ground, instances).await?;
    let channels = subject.channels(1).await?;
    let crowd = subject.crowd(&channels, watchers).await?;
    trial::run(ground, &subject, &channels, &crowd, PER_SECOND, ground.scale.window / 4).await?;
    let trial = trial::run(
        ground,
        &subject,
        &channels,
        &crowd,
        PER_SECOND,
        ground.scale.slow_window,
    )
    .await?;
    crowd.go_home().await;
    subject.finish().await?;
    Ok(trial)
}

async fn start(ground: &Ground, instances: usize) -> anyhow::Result<Subject> {
    let Source::Start(plan) = &ground.source else {
        anyhow::bail!("this scenario needs --server, to start several")
    };
    let beside = ServicePlan::beside(plan);
    let beside = vec![Service::postgres(&beside).await?, Service::redis(&beside).await?];
    let secret = ("GRANDSTAND_AUTH__SECRET".to_owned(), SECRET.to_owned());
    let plan = plan.with(beside.iter().map(Service::setting).chain([secret]));
    let mut servers = Vec::with_capacity(instances);
    for _ in 0..instances {
        servers.push(Server::start(&plan).await?);
    }
    ground.opened(servers, beside).await
}

impl Figures {
    fn add(&mut self, trial: &Trial) {
        self.cpu_us.extend(trial.cpu_us_per_delivery());
        self.aside_us.extend(trial.aside_us_per_delivery());
        self.p50_ms.push(millis(trial.latency.quantile(500)));
        self.p99_ms.push(millis(trial.latency.quantile(990)));
        let trouble = trial.trouble();
        if !trouble.is_empty() {
            self.trouble.push(trouble);
        }
    }

    fn cpu_us(&self) -> f64 {
        median(&self.cpu_us)
    }

    fn p50_ms(&self) -> f64 {
        median(&self.p50_ms)
    }

    fn tell(&self, ground: &mut Ground, instances: usize, watchers: usize) -> anyhow::Result<()> {
        let what = |figure: &str| format!("{figure}, {PER_SECOND} msg/s x {watchers}, {instances} at work");
        let aside = format!("PostgreSQL and Redis {} us more", figure(median(&self.aside_us)));
        let row = Row::new("instances", "", what("CPU per delivery"), self.cpu_us(), "us");
        ground.row(row.note(aside))?;
        let row = Row::new("instances", "", what("due to read p50"), self.p50_ms(), "ms");
        ground.row(row.note(self.trouble.join("; ")))?;
        ground.row(Row::new(
            "instances",
            "",
            what("due to read p99"),
            median(&self.p99_ms),
            "ms",
        ))
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
