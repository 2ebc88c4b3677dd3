// live: real servers: being one, recording one with an HTTP client, scraping their metrics. SOURCE
// spec traces 8-9.
//
// serve/ is the emulated server: platform.h drives the simulation and says which token is due when;
// service.h turns an HTTP request into what is to be done, answer.h tokens into the wire format,
// both without a socket; http_server.h is the network around them.
#pragma once
