//! What the demo plays: the final of the 2022 World Cup, Argentina against France, and an invented friendly.
//!
//! Facts of the final written down by hand; what we were not sure of is left out (several late cards and changes).

use crate::{
    domain::contest::CardColor,
    play::{Fact, Fixture, Side, What},
};

const ARGENTINA: usize = 0;
const FRANCE: usize = 1;

fn side(id: &str, name: &str, short_name: &str) -> Side {
    Side {
        id: id.into(),
        name: name.into(),
        short_name: Some(short_name.into()),
    }
}

fn goal(minute: u32, side: usize, player: &str) -> Fact {
    Fact {
        minute,
        stoppage: 0,
        side,
        what: What::Goal {
            player: Some(player.into()),
            penalty: false,
            own_goal: false,
        },
    }
}

fn penalty(minute: u32, side: usize, player: &str) -> Fact {
    Fact {
        what: What::Goal {
            player: Some(player.into()),
            penalty: true,
            own_goal: false,
        },
        ..goal(minute, side, player)
    }
}

fn yellow(minute: u32, side: usize, player: &str) -> Fact {
    Fact {
        what: What::Card {
            player: player.into(),
            color: CardColor::Yellow,
        },
        ..goal(minute, side, player)
    }
}

fn change(minute: u32, side: usize, player_in: &str, player_out: &str) -> Fact {
    Fact {
        what: What::Substitution {
            player_in: player_in.into(),
            player_out: player_out.into(),
        },
        ..goal(minute, side, player_in)
    }
}

/// Lusail, 18 December 2022: 3–3 after extra time, 4–2 on penalties.
pub(super) fn world_cup_final() -> Fixture {
    Fixture {
        sides: [side("argentina", "Argentina", "ARG"), side("france", "France", "FRA")],
        facts: vec![
            penalty(23, ARGENTINA, "Lionel Messi"),
            goal(36, ARGENTINA, "Ángel Di María"),
            change(41, FRANCE, "Randal Kolo Muani", "Ousmane Dembélé"),
            change(41, FRANCE, "Marcus Thuram", "Olivier Giroud"),
            yellow(52, ARGENTINA, "Enzo Fernández"),
            yellow(55, FRANCE, "Adrien Rabiot"),
            change(64, ARGENTINA, "Marcos Acuña", "Ángel Di María"),
            change(71, FRANCE, "Kingsley Coman", "Antoine Griezmann"),
            change(71, FRANCE, "Eduardo Camavinga", "Theo Hernández"),
            penalty(80, FRANCE, "Kylian Mbappé"),
            goal(81, FRANCE, "Kylian Mbappé"),
            yellow(87, FRANCE, "Marcus Thuram"),
            change(91, ARGENTINA, "Gonzalo Montiel", "Nahuel Molina"),
            change(96, FRANCE, "Youssouf Fofana", "Adrien Rabiot"),
            goal(108, ARGENTINA, "Lionel Messi"),
            change(113, FRANCE, "Ibrahima Konaté", "Raphaël Varane"),
            yellow(116, ARGENTINA, "Gonzalo Montiel"),
            penalty(118, FRANCE, "Kylian Mbappé"),
        ],
        extra_time: true,
        shoot_out: Some([4, 2]),
        bare_score: None,
    }
}

/// A match between two clubs that do not exist.
pub(super) fn friendly() -> Fixture {
    Fixture {
        sides: [
            side("harbour-rovers", "Harbour Rovers", "HAR"),
            side("hill-united", "Hill United", "HIL"),
        ],
        facts: vec![
            goal(14, 0, "Mo Larsen"),
            yellow(39, 1, "Jan Okafor"),
            goal(58, 1, "Teo Brandt"),
            goal(83, 0, "Sami Reyes"),
        ],
        extra_time: false,
        shoot_out: None,
        bare_score: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::timeline::tests::played;

    #[test]
    fn the_final_ends_as_it_did() {
        let board = played(&world_cup_final()).scoreboard();
        let points: Vec<i64> = board.score.iter().map(|line| line.points).collect();
        assert_eq!(points, [3, 3]);
        let halves: Vec<Vec<i64>> = board
            .periods
            .iter()
            .map(|period| period.score.iter().flatten().map(|line| line.points).collect())
            .collect();
        assert_eq!(halves, [[2, 0], [2, 2], [2, 2], [3, 3], [3, 3]]);
        let result = board.result.unwrap();
        assert_eq!(
            (result.winner_id.as_deref(), result.method.as_deref()),
            (Some("argentina"), Some("penalties"))
        );
        assert_eq!(
            played(&friendly()).result().unwrap().winner_id.as_deref(),
            Some("harbour-rovers")
        );
    }
}
