// live: real servers: the recording HTTP client and the scraping of their metrics. SOURCE spec
// traces 8-9.
#pragma once
