// calibrate: measured against simulated: matching of requests, error measures, the report. SOURCE spec traces 9-11.
#pragma once
