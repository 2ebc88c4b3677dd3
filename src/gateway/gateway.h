// gateway: everything between a request's arrival and the instance that serves it: admission,
// tenant budgets, flow control, routing policies and their scorers, the possibly stale signals they
// read, and the record of what they decided.
//
// Policies know what a real gateway could know: scraped signals as old as the refresh interval,
// their own history, and never the length of the output to come. Does not know: how an instance
// works inside, when events happen. Start at routing_policy.h and signals.h. SOURCE spec data-plane
// 5-16. Laws: spec data-plane 20.
#pragma once
