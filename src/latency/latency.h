// latency: how long one engine step takes, behind one interface, and what LoRA adapters add to it.
//
// A model is a pure function: it holds constants derived at construction, draws no random numbers
// and remembers nothing. Start at latency_model.h. Formulas: spec latency 1, 6-8, 12. Laws: spec
// latency 18.
#pragma once
