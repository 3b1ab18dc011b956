/**
 * The words on the wire under the names this package uses for them. The shapes themselves are generated from the
 * OpenAPI document (`npm run types`); nothing else here imports the generated file.
 */
import type { components } from "./generated/api.ts";

type Schemas = components["schemas"];

/** RFC 3339, UTC, milliseconds. */
export type Timestamp = string;

export type User = Schemas["User"];
export type Role = Schemas["Role"];
export type Me = Schemas["MeOut"];
export type GuestSession = Schemas["GuestOut"];
export type StreamTicket = Schemas["TicketOut"];

/** `Event` means something else in a browser. */
export type LiveEvent = Schemas["Event"];
export type EventKind = Schemas["EventKind"];
export type EventStatus = Schemas["EventStatus"];
export type EventStatusReport = Schemas["EventStatusReport"];
export type Participant = Schemas["Participant"];
export type Settings = Schemas["EventSettings"];
export type RoomWindow = Schemas["Room"];

export type Message = Schemas["Message"];
export type Mention = Schemas["Mention"];
export type MessageStatus = Schemas["MessageStatus"];
export type Author = Schemas["Author"];
export type Reaction = Schemas["ReactionCount"];
export type ReactionAnswer = Schemas["ReactionOut"];
export type ApplauseKind = Schemas["ApplauseKind"];
export type ApplauseCounts = Schemas["ApplauseChanged"]["applause"];

export type Scoreboard = Schemas["Scoreboard"];
export type Points = Schemas["ScoreLine"];
export type Period = Schemas["Period"];
export type Clock = Schemas["Clock"];
export type Result = Schemas["ContestResult"];
export type Incident = Schemas["Incident"];
export type IncidentType = Schemas["IncidentType"];
export type CardColor = Schemas["CardColor"];

/** What stands beside the words of the assistant. */
export type Remark = Schemas["Remark"];
export type Citation = Schemas["Citation"];
export type Correction = Schemas["Correction"];
export type AssistantAnswered = Schemas["AssistantAnswered"];
export type AssistantDelta = Schemas["AssistantDelta"];
export type AssistantSettings = Schemas["AssistantSettings"];
export type Screening = Schemas["Screening"];
export type EventPatch = Schemas["EventPatch"];

export type Presence = Schemas["PresenceCounts"];
export type Attendance = Schemas["Attendance"];
export type AttendancePage = Schemas["ParticipantsOut"];

export type Poll = Schemas["Poll"];
export type PollOption = Schemas["PollOption"];
export type PollTotals = Schemas["PollTotals"];
export type NewPoll = Schemas["PollIn"];
export type Awards = Schemas["Awards"];
export type Typing = Schemas["TypingChanged"];
export type Receipt = Schemas["Receipt"];
export type Standing = Schemas["StandingOut"];

export type RoomSettings = Schemas["RoomSettings"];
export type RoomPatch = Schemas["RoomPatch"];
export type Sanction = Schemas["Sanction"];
export type NewSanction = Schemas["SanctionIn"];
export type SanctionKind = Schemas["SanctionKind"];
export type Report = Schemas["Report"];
export type ReportReason = Schemas["ReportCategory"];
export type Appeal = Schemas["Appeal"];
export type Decision = Schemas["Decision"];
/** What a model thought of a message. */
export type ModelVerdict = Schemas["ModelVerdict"];
export type Raid = Schemas["Raid"];
/** What was decided about me, told to my own streams only. */
export type ModerationTold = Schemas["ModerationTold"];

export type Snapshot = Schemas["Snapshot"];
export type ResetReason = Schemas["ResetReason"];
export type ByeReason = Schemas["ByeReason"];
export type Problem = Schemas["Problem"];
export type Entry = Schemas["Entry"];

export interface Page<T> {
  items: T[];
  next_cursor?: string;
  prev_cursor?: string;
}

/** Everything a stream says, by its type: entries of the log, signals, and `stream.*` about the stream itself. */
export type FrameData = { [F in Schemas["StreamFrame"] as F["type"]]: F["data"] };

/** `Notification` means something else in a browser. */
export type Notice = Schemas["Notification"];
export type NoticePage = Schemas["NotificationPage"];
export type MeFrames = { [F in Schemas["MeStreamFrame"] as F["type"]]: F["data"] };

export type LobbyEvent = Schemas["LobbyEvent"];
export type LobbyFrames = { [F in Schemas["LobbyFrame"] as F["type"]]: F["data"] };
export type FollowKind = Schemas["FollowKind"];
export type Follow = Schemas["Follow"];
export type FeedItem = Schemas["FeedItem"];

export type Persona = Schemas["Persona"];
export type PersonaSheet = Schemas["PersonaSheet"];
export type PersonaSession = Schemas["PersonaSession"];
export type ScoreSheet = Schemas["ScoreSheet"];
