// stats: exact summaries of many numbers. Means in a fixed order, percentiles with the reference's
// two rounding rules, weighted histograms that stand for sorted lists without holding them, and
// Jain's index. Laws: a histogram gives the same bits as the sorted list it stands for.
#pragma once
