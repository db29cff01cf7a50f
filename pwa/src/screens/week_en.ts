/** English of the week of an area manager: the same keys as the Chinese by type. */
import type { weekZh } from "./week";

export const weekEn: typeof weekZh = {
  title: (done, all) => `Visits this week ${done} of ${all}`, done: "Visited", waits: "Visited, to be sent", count: (made, asked) => `${made} of ${asked}`, on: (days) => `proposed ${days}`,
  why: { last_of_company: (n) => `among the last of the county, ${n} a week`, class_a: (n) => `class A, ${n} a week`, others: () => "due" }, week: (made, asked) => `${made} of ${asked} this week`, old: "This is the plan as it was fetched last; connect to renew it.", nothing: "No outlet is to be visited this week", more: (n) => `Show ${n} more`, and: ", ", weeks: (n) => `${n} wk unvisited`, half: "last week not all made", since: (day) => `overdue since ${day}`, noCalendar: (year) => `The calendar of working days of ${year} is not published: none of that year is proposed. Choose them yourself.`, plan: "This week's plan: ", tasks: (n) => `Outlets among the tasks above: ${n}`,
  sorts: { area_meeting: "Area meeting with agents" }, hold: (day) => `to be held by ${day}; note it at the console`, held: (day) => `held on ${day}`,
};
